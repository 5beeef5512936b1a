/** What can be done with a whole record: copy it, see it as JSON, delete it. */

import { useApp } from "../context.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { Notice } from "../parts/notice.js";
import { lossOf, offerUndo } from "../removal.js";
import { href } from "../router.js";
import { briefly, newKey } from "../sending.js";
import { CodeBlock } from "../snippets/code-block.js";
import { stringify } from "../values/json.js";

export function RecordActions({ resource, record, tag }) {
  const { rights } = useApp();
  const [shown, setShown] = useState(null);
  const refused = resource.can.delete ? rights.refusal(resource, "delete", record.id) : "the service deletes none";
  const close = () => setShown(null);
  return html`
    <${Button} onClick=${() => setShown("json")}>JSON<//>
    ${resource.can.create && html`<a class="button" href=${href(["resources", resource.name, "new"], { from: record.id })}>Duplicate</a>`}
    <${Button} refusal=${refused} onClick=${() => setShown("delete")}>Delete<//>
    ${
      shown === "json" &&
      html`<${Dialog}
        wide
        title="As the API shows it"
        onClose=${close}
        actions=${html`<${Button} onClick=${close}>Close<//>`}
      >
        <${CodeBlock} label="The record as JSON" text=${stringify(record, 2)} />
      <//>`
    }
    ${shown === "delete" && html`<${DeleteDialog} resource=${resource} record=${record} tag=${tag} onClose=${close} />`}
  `;
}

/** Asks, deletes the version that is shown, and offers to undo that where all of it would come back. */
function DeleteDialog({ resource, record, tag, onClose }) {
  const app = useApp();
  const { api, rights, router } = app;
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const loss = lossOf(resource, app);

  const remove = async () => {
    setBusy(true);
    const headers = { "idempotency-key": `"${newKey()}"`, ...(tag === null ? {} : { "if-match": tag }) };
    const send = () => api.request("DELETE", resource.recordPath(record.id), { headers });
    const answer = rights.learn(resource, "delete", await briefly(send), record.id);
    setBusy(false);
    if (!answer.ok && answer.status !== 404) return setProblem(answer);
    const onRestored = () => router.go(href(["resources", resource.name, record.id]));
    if (answer.ok) offerUndo(app, resource, [record], { isWhole: loss === null, onRestored });
    return router.go(href(["resources", resource.name]), { replace: true });
  };

  const actions = html`
    <${Button} onClick=${onClose}>Cancel<//>
    <${Button} kind="danger" busy=${isBusy} onClick=${remove}>Delete<//>
  `;
  return html`
    <${Dialog} title=${`Delete “${resource.labelOf(record)}”?`} onClose=${onClose} actions=${actions}>
      <p>${loss === null ? "You can undo this for some seconds." : `This cannot be undone. ${loss}`}</p>
      ${problem !== null && html`<${Notice} kind="error" title="Not deleted">${toldOf(problem)}<//>`}
    <//>
  `;
}

function toldOf(answer) {
  const { code } = answer.violations[0] ?? {};
  if (code === "referenced")
    return "Other records refer to this one: change or delete those first. They are listed beside it.";
  if (answer.status === 412) return "Somebody has changed it meanwhile. Load the page again to see what it is now.";
  return answer.message;
}
