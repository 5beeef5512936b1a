/** A field of a form: its label, a control for its kind, what it may be besides a value, its rules, what is wrong with it. */

import { html } from "../html.js";
import { Field } from "../parts/field.js";
import { DateControl, SelectControl, stateName, TextControl, TimestampControl, UuidControl } from "./controls.js";
import { ABSENT, empty, NULL } from "./entries.js";
import { hintOf } from "./fields.js";
import { ListEditor } from "./list-editor.js";
import { NestedEditor } from "./nested-editor.js";
import { ReferenceControl } from "./reference-control.js";

const CONTROLS = {
  boolean: SelectControl,
  choice: SelectControl,
  date: DateControl,
  timestamp: TimestampControl,
  uuid: UuidControl,
  reference: ReferenceControl,
};
const GROUPS = { list: ListEditor, nested: NestedEditor };
const SELECTS = new Set(["boolean", "choice"]);
const WITHOUT_PLACEHOLDER = new Set(["date", "timestamp", "list", "nested"]);

/**
 * `faults` maps paths of fields to messages, and `path` is this one's. `mode` is "new" or "edit"; `omittable` says that the
 * field may be left out of the request.
 */
export function FieldEditor(props) {
  const { field, entry, onChange, path, faults, mode, omittable } = props;
  const Group = GROUPS[field.kind];
  if (Group) return html`<${Group} ...${props} Editor=${FieldEditor} note=${html`<${States} ...${props} />`} />`;
  const Control = CONTROLS[field.kind] ?? TextControl;
  return html`
    <div data-path=${path}>
      <${Field}
        label=${field.label}
        hint=${hintOf(field)}
        error=${faults.get(path)?.join(" ")}
        required=${field.required && mode === "new"}
        note=${!SELECTS.has(field.kind) && html`<${States} ...${props} />`}
      >
        ${(control) => html`<${Control} ...${{ field, entry, onChange, control: { ...control, required: undefined, "aria-required": control.required ? "true" : undefined }, mode, omittable }} />`}
      <//>
    </div>
  `;
}

/** What an entry may be besides what is typed: null, or left out. */
function States({ field, entry, onChange, mode, omittable }) {
  const name = stateName(entry, mode, omittable);
  const offers = [
    entry.state === "absent" && field.kind === "text" && !field.optional && ["empty", empty(field)],
    field.optional && entry.state !== "null" && ["null", NULL],
    omittable && entry.state !== "absent" && [stateName(ABSENT, mode, omittable), ABSENT],
  ].filter(Boolean);
  return html`
    <span class="states">
      ${name && WITHOUT_PLACEHOLDER.has(field.kind) && html`<span class="state">${name}</span>`}
      ${offers.map(
        ([offer, next]) => html`
          <button
            type="button"
            class="button quiet small"
            aria-label=${`Make ${field.label} ${offer}`}
            onClick=${() => onChange(next)}
          >
            ${offer}
          </button>
        `,
      )}
    </span>
  `;
}
