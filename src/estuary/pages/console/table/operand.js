/** The operand of an operator: typed in a control of its kind, sent as the API reads it. */

import { fromLocal, toLocal } from "../form/moments.js";
import { ReferenceControl } from "../form/reference-control.js";
import { html, useState } from "../html.js";

const NUMERIC = { integer: "numeric", float: "decimal", decimal: "decimal" };
const WORDS = { true: "Yes", false: "No" };

/** The control for the value of `operator`; what it holds is a text, of several values one a line. */
export function OperandInput({ control, field, operator, value, onInput }) {
  const input = (event) => onInput(event.currentTarget.value);
  if (operator === "null" || field.kind === "boolean")
    return html`<${Select} control=${control} value=${value} texts=${["true", "false"]} words=${WORDS} onInput=${onInput} />`;
  if (operator === "in")
    return html`<textarea ...${control} class="input" rows="3" placeholder="One a line" value=${value} onInput=${input}></textarea>`;
  if (field.kind === "choice")
    return html`<${Select} control=${control} value=${value} texts=${field.choices} words=${{}} onInput=${onInput} />`;
  if (field.kind === "reference") return html`<${ReferenceInput} control=${control} field=${field} value=${value} onInput=${onInput} />`;
  if (field.kind === "timestamp")
    return html`<input ...${control} class="input" type="datetime-local" step="1" value=${value} onInput=${input} />`;
  if (field.kind === "date") return html`<input ...${control} class="input" type="date" value=${value} onInput=${input} />`;
  return html`<input ...${control} class="input" inputmode=${NUMERIC[field.kind]} autocomplete="off" value=${value} onInput=${input} />`;
}

/**
 * The texts of a condition, `{values}`, of what was typed; or what is wrong with it, `{problem}`. `before` is the text that
 * the condition had, of which a control may not show all.
 */
export function asOperand(typed, operator, field, before) {
  const isChosen = operator === "null" || field.kind === "boolean" || field.kind === "choice";
  const chosen = isChosen && operator !== "in" && typed === "" ? firstOf(field, operator) : typed;
  const lines = operator === "in" ? chosen.split("\n").filter((line) => line.trim() !== "") : [chosen];
  // A text may be empty, and what is looked for in one may be, too; nothing else can.
  if (lines.length === 0 || (lines[0] === "" && !["text", "list"].includes(field.kind))) return { problem: "Say with what to compare" };
  return { values: lines.map((line) => (operator === "in" ? line.trim() : line)).map((line) => inUtc(line, field, before)) };
}

/** What the control holds for a condition that there is. */
export function asTyped({ operator, values }, field) {
  const texts = field.kind === "timestamp" && operator !== "in" ? values.map(toLocal) : values;
  return texts.join("\n");
}

/** The picker of forms; what it holds is an id, or nothing. */
function ReferenceInput({ control, field, value, onInput }) {
  const [entry, setEntry] = useState({ state: "value", text: value });
  const choose = (next) => {
    setEntry(next);
    onInput(next.state === "value" && !next.bad ? next.text : "");
  };
  return html`<${ReferenceControl} field=${field} entry=${entry} onChange=${choose} control=${control} mode="new" />`;
}

function Select({ control, value, texts, words, onInput }) {
  return html`
    <select ...${control} class="input" value=${value || texts[0]} onChange=${(event) => onInput(event.currentTarget.value)}>
      ${texts.map((text) => html`<option value=${text} selected=${text === (value || texts[0])}>${words[text] ?? text}</option>`)}
    </select>
  `;
}

function firstOf(field, operator) {
  return operator === "null" || field.kind === "boolean" ? "true" : field.choices[0];
}

function inUtc(text, { kind }, before) {
  return kind === "timestamp" ? fromLocal(text, before) || text : text;
}
