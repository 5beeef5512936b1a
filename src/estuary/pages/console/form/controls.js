/** Controls of fields that hold a single value. Each is given `{field, entry, onChange, control}` and what it may offer. */

import { html, useRef } from "../html.js";
import { newId } from "../sending.js";
import { ABSENT, NULL, typed } from "./entries.js";
import { isLong } from "./fields.js";
import { fromLocal, toLocal } from "./moments.js";

const LEFT_OUT = { new: "default", edit: "unchanged" };

/** What a control shows for an entry without a value. */
export function stateName(entry, mode, omittable) {
  if (entry.state === "null") return "null";
  return entry.state === "absent" && omittable ? LEFT_OUT[mode] : "";
}

/** One line of text, or several where the field or its text wants them: a control of one line would drop line feeds. */
export function TextControl({ field, entry, onChange, control, mode, omittable }) {
  const text = entry.text ?? "";
  const props = {
    ...control,
    class: field.kind === "text" ? "input" : "input mono",
    value: text,
    placeholder: stateName(entry, mode, omittable),
    spellcheck: field.kind === "text",
    autocomplete: "off",
    onInput: (event) => onChange(typed(field, event.currentTarget.value)),
  };
  const many = field.kind === "object" || (field.kind === "text" && (isLong(field) || /[\r\n]/.test(text)));
  if (!many) return html`<input type="text" inputmode=${keyboardOf(field)} ...${props} />`;
  const rows = Math.min(16, Math.max(field.kind === "object" ? 3 : 2, text.split("\n").length));
  return html`<textarea rows=${rows} ...${props}></textarea>`;
}

function keyboardOf({ kind }) {
  return { integer: "numeric", float: "decimal", decimal: "decimal" }[kind];
}

/** True and false, or one of a few texts. */
export function SelectControl({ field, entry, onChange, control, mode, omittable }) {
  const choices = field.kind === "boolean" ? ["true", "false"] : field.choices;
  const chosen = { absent: "absent", null: "null", value: `=${entry.text ?? ""}` }[entry.state];
  const choose = (value) => onChange({ absent: ABSENT, null: NULL }[value] ?? { state: "value", text: value.slice(1) });
  const offered = [
    ...(omittable || entry.state === "absent" ? [["absent", LEFT_OUT[mode]]] : []),
    ...(field.optional ? [["null", "null"]] : []),
    ...(chosen === "=" && !choices.includes("") ? [["=", "Choose…"]] : []),
    ...[...new Set([...choices, ...(entry.text ? [entry.text] : [])])].map((choice) => [`=${choice}`, choice]),
  ];
  return html`
    <select class="input" ...${control} value=${chosen} onChange=${(event) => choose(event.currentTarget.value)}>
      ${offered.map(([value, label]) => html`<option key=${value} value=${value} selected=${value === chosen}>${label}</option>`)}
    </select>
  `;
}

/** A day. */
export function DateControl({ field, entry, onChange, control }) {
  const change = ({ currentTarget }) => onChange(typed(field, currentTarget.value, currentTarget.validity.badInput));
  return html`
    <input
      class="input"
      type="date"
      ...${control}
      min="0001-01-01"
      max="9999-12-31"
      value=${entry.text ?? ""}
      onInput=${change}
    />
  `;
}

/** A moment, in local time. What it does not show of one that is changed in part is kept, until it is cleared. */
export function TimestampControl({ field, entry, onChange, control }) {
  const whole = useRef("");
  if (!entry.bad) whole.current = entry.text ?? "";
  const change = ({ currentTarget }) =>
    onChange(typed(field, fromLocal(currentTarget.value, whole.current), currentTarget.validity.badInput));
  return html`
    <div class="beside">
      <input
        class="input"
        type="datetime-local"
        step="1"
        ...${control}
        value=${toLocal(entry.text ?? "")}
        onInput=${change}
      />
      <button type="button" class="button" onClick=${() => onChange(typed(field, new Date().toISOString()))}>
        Now
      </button>
    </div>
  `;
}

/** A UUID, which can be made here. */
export function UuidControl(props) {
  return html`
    <div class="beside">
      <${TextControl} ...${props} />
      <button type="button" class="button" onClick=${() => props.onChange(typed(props.field, newId()))}>
        Generate
      </button>
    </div>
  `;
}
