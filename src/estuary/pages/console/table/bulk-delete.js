/** The records that are chosen, deleted: confirmed once, done in batches, with the progress shown. */

import { useApp } from "../context.js";
import { html, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Notice } from "../parts/notice.js";
import { Progress } from "../parts/progress.js";
import { lossOf, offerUndo, read, remove } from "../removal.js";

const NAMED = 5;

export function BulkDelete({ resource, selection, onClose, onChanged }) {
  const app = useApp();
  const [count] = useState(selection.size);
  const [done, setDone] = useState(null);
  const [outcome, setOutcome] = useState(null);
  const ending = useRef(new AbortController());
  const isRunning = done !== null && outcome === null;
  const loss = lossOf(resource, app, count);

  const run = async () => {
    const chosen = selection.records;
    const ids = chosen.map(({ id }) => id);
    setOutcome(null);
    setDone(0);
    const { signal } = ending.current;
    const isWhole = loss === null;
    const kept = isWhole ? await read(app, resource, ids) : { records: chosen };
    if (kept.refusal !== undefined) return setOutcome({ deleted: [], refusal: kept.refusal });
    const result = await remove(app, resource, ids, { onDone: setDone, signal });
    const gone = new Set(result.deleted);
    const isGone = ({ id }) => gone.has(id);
    selection.set(chosen.filter(isGone), false);
    onChanged();
    if (gone.size > 0) offerUndo(app, resource, kept.records.filter(isGone), { isWhole, onRestored: onChanged });
    if (result.refusal === undefined) onClose();
    else setOutcome({ ...result, label: resource.labelOf(chosen.find(({ id }) => id === result.culprit) ?? {}) });
  };
  const skip = () => {
    selection.set(selection.records.filter(({ id }) => id === outcome.culprit), false);
    setOutcome(null);
    setDone(null);
  };

  return html`
    <${Dialog}
      title=${count === 1 ? `Delete this ${resource.singular}?` : `Delete ${count} ${resource.title.toLowerCase()}?`}
      onClose=${() => (isRunning ? ending.current.abort() : onClose())}
      actions=${html`<${Actions} isRunning=${isRunning} outcome=${outcome} onRun=${run} onSkip=${skip} onClose=${onClose} onStop=${() => ending.current.abort()} />`}
    >
      ${done === null && html`<${Question} resource=${resource} records=${selection.records} loss=${loss} />`}
      ${isRunning && html`<${Progress} label=${`${done} of ${count} deleted`} value=${done} most=${count} />`}
      ${outcome && html`<${Outcome} outcome=${outcome} left=${selection.size} />`}
    <//>
  `;
}

function Question({ resource, records, loss }) {
  const taken = resource.referrers.filter(({ field }) => field.onDelete === "cascade");
  return html`
    <ul class="named">
      ${records.slice(0, NAMED).map((record) => html`<li key=${record.id}>${resource.labelOf(record)}</li>`)}
      ${records.length > NAMED && html`<li class="muted">and ${records.length - NAMED} more</li>`}
    </ul>
    ${taken.length > 0 &&
    html`<${Notice} kind="warning">Their ${taken.map((each) => each.resource.title.toLowerCase()).join(", ")} go with them.<//>`}
    <p class="muted small">
      ${loss === null ? "For some seconds you can undo it." : `This cannot be undone. ${loss}`}
    </p>
  `;
}

function Outcome({ outcome: { deleted, refusal, label }, left }) {
  return html`
    <${Notice} kind="error" title=${label ? `“${label}” was not deleted` : "It was not finished"}>${refusal.message}<//>
    <p>${deleted.length} deleted. The other ${left} are as they were: a batch is made whole or not at all.</p>
  `;
}

function Actions({ isRunning, outcome, onRun, onSkip, onClose, onStop }) {
  if (isRunning) return html`<${Button} onClick=${onStop}>Stop<//>`;
  if (outcome === null) return html`<${Button} onClick=${onClose}>Cancel<//><${Button} kind="danger" onClick=${onRun}>Delete<//>`;
  return html`
    ${outcome.culprit !== undefined && html`<${Button} onClick=${onSkip}>Leave that one out<//>`}
    <${Button} onClick=${onRun}>Try again<//>
    <${Button} onClick=${onClose}>Close<//>
  `;
}
