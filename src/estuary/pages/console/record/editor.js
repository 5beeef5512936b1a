/** A record as a form: changes are saved one version after the other, and what others save meanwhile is shown. */

import { useApp } from "../context.js";
import { changesOf } from "../form/changes.js";
import { ConflictDialog } from "../form/conflict-dialog.js";
import { entriesOf, valuesOf } from "../form/entries.js";
import { withParts } from "../form/fields.js";
import { RecordForm } from "../form/record-form.js";
import { useForm } from "../form/use-form.js";
import { found, problemOf } from "../form/violations.js";
import { html, useMemo, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { restore } from "../removal.js";
import { briefly, Submission } from "../sending.js";
import { equal } from "../values/json.js";
import { RequestButton } from "../snippets/request-button.js";
import { About } from "./about.js";
import { RecordActions } from "./actions.js";
import { tellDropped } from "./dropped.js";
import { Referrers } from "./referrers.js";
import { Heading } from "./heading.js";

const WORDS = { gone: "This record has been deleted meanwhile." };

export function RecordEditor({ resource, start, tag, onReload }) {
  const app = useApp();
  const { api, rights, toasts } = app;
  const fields = useMemo(() => resource.writable.map(withParts), [resource]);
  const [known, setKnown] = useState({ record: start, tag });
  const [theirs, setTheirs] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm(fields, () => entriesOf(fields, start));
  const submission = useRef(new Submission());
  const path = resource.recordPath(start.id);
  const refused = resource.can.update ? rights.refusal(resource, "update", start.id) : "the service changes none";

  const requestOf = (state, { record, tag: seen }, faults) => {
    const change = changesOf(fields, record, state.began, state.entries, faults);
    return { ...change, path, headers: seen === null ? {} : { "if-match": seen } };
  };

  const shownRequest = () => (form.isChanged ? requestOf(form, known, []) : { method: "GET", path });

  const save = async (state, from) => {
    const faults = [];
    const request = requestOf(state, from, faults);
    if (faults.length > 0) return form.fail(found(faults, form.paths));
    if (equal(request.body, {})) return form.reset(state.began);
    setBusy(true);
    const { method, path: at, ...options } = submission.current.keyed(request);
    const answer = rights.learn(
      resource,
      "update",
      await briefly(() => api.request(method, at, options)),
      start.id,
    );
    setBusy(false);
    if (answer.status === 412) return compare();
    if (!answer.ok) return form.fail(problemOf(answer, form.paths, WORDS));
    submission.current.settle();
    toasts.show("Saved");
    if (answer.status === 204) return onReload();
    tellDropped(fields, request.body, answer.body, toasts);
    setKnown({ record: answer.body, tag: answer.headers.get("etag") });
    return form.saved(state.entries, entriesOf(fields, answer.body));
  };

  /** Somebody has deleted it: creates it under its id, with what is entered. */
  const recreate = async () => {
    const faults = [];
    const entered = valuesOf(fields, form.entries, faults);
    if (faults.length > 0) return form.fail(found(faults, form.paths));
    setBusy(true);
    const refusal = await restore(app, resource, [{ ...entered, id: start.id }]);
    setBusy(false);
    if (refusal !== null) return form.fail(problemOf(refusal, form.paths, WORDS));
    form.reset(form.entries);
    return onReload();
  };

  const compare = async () => {
    const answer = await api.request("GET", path);
    if (!answer.ok) return form.fail(problemOf(answer, form.paths, WORDS));
    return setTheirs({ record: answer.body, tag: answer.headers.get("etag") });
  };

  const settle = (settled, { andSave }) => {
    const from = { record: settled.record, tag: theirs.tag };
    setTheirs(null);
    setKnown(from);
    form.settle(settled);
    if (andSave) save(settled, from);
  };

  return html`
    <${Heading} resource=${resource} title=${resource.labelOf(known.record)}>
      <${RecordActions} resource=${resource} record=${known.record} tag=${known.tag} />
    <//>
    ${refused && html`<${Notice} kind="warning" title="You may not change this record">${refused}<//>`}
    <div class="record">
      <${RecordForm}
        fields=${fields}
        entries=${form.entries}
        mode="edit"
        problem=${form.problem}
        action=${form.problem?.reason === "gone" && html`<${Button} busy=${isBusy} onClick=${recreate}>Create it again<//>`}
        isLocked=${Boolean(refused)}
        onChange=${form.set}
        onSubmit=${() => save(form, known)}
      >
        <div class="save-bar">
          <${Button} kind="primary" type="submit" busy=${isBusy} disabled=${!form.isChanged} refusal=${refused}>Save<//>
          <${Button} disabled=${!form.isChanged || isBusy} onClick=${() => form.reset(form.began)}>Discard changes<//>
          <${RequestButton} request=${shownRequest} />
          <span class="muted small" role="status">${form.isChanged ? "Not saved yet" : ""}</span>
        </div>
      <//>
      <aside class="record-aside" aria-label="About this record">
        <${About} resource=${resource} record=${known.record} tag=${known.tag} />
        <${Referrers} resource=${resource} record=${known.record} />
      </aside>
    </div>
    ${
      theirs !== null &&
      html`<${ConflictDialog}
        fields=${fields}
        form=${form}
        theirs=${theirs.record}
        onSettle=${settle}
        onClose=${() => setTheirs(null)}
      />`
    }
  `;
}
