/** The fields of a record as a form: it sends nothing itself. */

import { html, useEffect, useRef } from "../html.js";
import { Notice } from "../parts/notice.js";
import { FieldEditor } from "./field-editor.js";

/**
 * `problem` is what `problemOf` makes of an answer, or null; each new one takes the focus to the first field that it is about.
 * `mode` is "new" or "edit". `children` stand below the fields; the first button that submits is the one to save.
 */
export function RecordForm({ fields, entries, mode, problem, isLocked = false, onChange, onSubmit, action, children }) {
  const form = useRef(null);
  useEffect(() => {
    if (problem !== null) focusOn(form.current);
  }, [problem]);
  const submit = (event) => {
    event.preventDefault();
    onSubmit(event);
  };
  const press = (event) => {
    const isSave = (event.ctrlKey || event.metaKey) && (event.key === "Enter" || event.key.toLowerCase() === "s");
    if (!isSave) return;
    event.preventDefault();
    form.current.querySelector("button[type='submit']").click();
  };
  return html`
    <form class="record-form" ref=${form} novalidate onSubmit=${submit} onKeyDown=${press}>
      ${problem !== null && html`<div class="problem" tabindex="-1"><${Notice} kind="error" action=${action}>${problem.message}<//></div>`}
      <fieldset class="fields" disabled=${isLocked}>
        ${fields.map(
          (field) => html`
            <${FieldEditor}
              key=${field.name}
              field=${field}
              entry=${entries[field.name]}
              onChange=${(entry) => onChange(field.name, entry)}
              path=${field.name}
              faults=${problem?.byField ?? NONE}
              mode=${mode}
              omittable=${mode === "new" ? !field.required : field.hidden}
            />
          `,
        )}
      </fieldset>
      ${children}
    </form>
  `;
}

const NONE = new Map();
const CONTROLS = "input, select, textarea, button";

/** To the first control that is wrong, or that is in a group that is; else to the message. */
function focusOn(form) {
  const wrong =
    form.querySelector("[aria-invalid='true']") ?? form.querySelector(".group.wrong")?.querySelector(CONTROLS);
  (wrong ?? form.querySelector(".problem"))?.focus();
}
