/** A new record, or one that begins as the copy of another. */

import { useApp } from "../context.js";
import { blank, blanks, emptyTexts, entryOf, valuesOf } from "../form/entries.js";
import { withParts } from "../form/fields.js";
import { RecordForm } from "../form/record-form.js";
import { useForm } from "../form/use-form.js";
import { found, problemOf } from "../form/violations.js";
import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { href } from "../router.js";
import { briefly, Submission } from "../sending.js";
import { RequestButton } from "../snippets/request-button.js";
import { tellDropped } from "./dropped.js";
import { Heading } from "./heading.js";

/** The value of the button after which the form is there for the next record. */
const ANOTHER = "another";
const WORDS = { gone: "The service does not have this resource any more. Load the page again to see what it has." };

export default function NewView({ resource, query }) {
  const { api } = useApp();
  const source = Object.fromEntries(query).from;
  const [template, setTemplate] = useState(source === undefined ? {} : null);
  const [refusal, setRefusal] = useState(null);
  useEffect(() => {
    if (source === undefined) return undefined;
    const stop = new AbortController();
    api.request("GET", resource.recordPath(source), { signal: stop.signal }).then(
      (answer) => {
        setTemplate(answer.ok ? answer.body : {});
        setRefusal(answer.ok ? null : answer.message);
      },
      () => {},
    );
    return () => stop.abort();
  }, [source]);
  if (template === null) return html`<p class="muted" role="status">Loading…</p>`;
  return html`<${NewRecord} resource=${resource} template=${template} refusal=${refusal} />`;
}

function NewRecord({ resource, template, refusal }) {
  const { api, rights, router, toasts } = useApp();
  const fields = useMemo(() => resource.writable.map(withParts), [resource]);
  const form = useForm(fields, () => beginning(fields, template));
  const [isBusy, setBusy] = useState(false);
  const submission = useRef(new Submission());
  const refused = resource.can.create ? rights.refusal(resource, "create") : "the service takes no new ones";

  useEffect(() => {
    if (!refused) focusOnFirst();
  }, []);

  const requestOf = (faults) => ({ method: "POST", path: resource.path, body: valuesOf(fields, form.entries, faults) });

  const save = async (event) => {
    const stays = event.submitter?.value === ANOTHER;
    const faults = [];
    const request = requestOf(faults);
    if (faults.length > 0) return form.fail(found([...faults, ...emptyTexts(fields, form.entries)], form.paths));
    setBusy(true);
    const { method, path, ...options } = submission.current.keyed(request);
    const answer = rights.learn(
      resource,
      "create",
      await briefly(() => api.request(method, path, options)),
    );
    setBusy(false);
    if (!answer.ok) return form.fail(problemOf(answer, form.paths, WORDS));
    submission.current.settle();
    tellDropped(fields, request.body, answer.body, toasts);
    form.reset(blanks(fields));
    return arrive(answer, stays);
  };

  const arrive = (answer, stays) => {
    toasts.show(`The ${resource.singular} is created`);
    if (stays) return focusOnFirst();
    const id = answer.body?.id;
    // The form lets go of the address when it has been rendered without changes.
    return setTimeout(() =>
      router.go(href(id ? ["resources", resource.name, id] : ["resources", resource.name]), { replace: true }),
    );
  };

  return html`
    <${Heading} resource=${resource} title=${`New ${resource.singular}`} />
    ${refusal !== null && html`<${Notice} kind="warning" title="The record to copy could not be read">${refusal}<//>`}
    ${refused && html`<${Notice} kind="warning" title="You may not create records here">${refused}<//>`}
    <${RecordForm}
      fields=${fields}
      entries=${form.entries}
      mode="new"
      problem=${form.problem}
      isLocked=${isBusy}
      onChange=${form.set}
      onSubmit=${save}
    >
      <div class="save-bar">
        <${Button} kind="primary" type="submit" busy=${isBusy} refusal=${refused}>Create<//>
        <${Button} type="submit" value=${ANOTHER} disabled=${isBusy} refusal=${refused}
          >Create and add another<//
        >
        <${RequestButton} request=${() => requestOf([])} />
      </div>
    <//>
  `;
}

function focusOnFirst() {
  document.querySelector(".record-form :is(input, select, textarea)")?.focus({ preventScroll: true });
}

/** The entries of a new form; of a copy all but what may be there once only, and what is not shown. */
function beginning(fields, template) {
  return Object.fromEntries(
    fields.map((field) => {
      const copied = template[field.name];
      return [field.name, copied === undefined || field.unique ? blank(field) : entryOf(field, copied)];
    }),
  );
}
