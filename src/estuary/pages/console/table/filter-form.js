/** The form for one condition: a field, an operator that it has, and a value of its kind. */

import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { OperandInput, asOperand, asTyped } from "./operand.js";
import { operatorWords, orderedOperators } from "./operators.js";

export function FilterForm({ attributes, condition, onAccept, onCancel }) {
  const [name, setName] = useState(condition?.field ?? attributes[0].name);
  const field = attributes.find((each) => each.name === name) ?? attributes[0];
  const [operator, setOperator] = useState(condition?.operator ?? orderedOperators(field)[0]);
  const [typed, setTyped] = useState(condition === undefined ? "" : asTyped(condition, field));
  const [error, setError] = useState(null);
  const first = useRef(null);
  useEffect(() => first.current.focus(), []);

  const chooseField = (chosen) => {
    const next = attributes.find((each) => each.name === chosen);
    setName(chosen);
    setOperator(next.operators.includes(operator) ? operator : orderedOperators(next)[0]);
    if (next.kind !== field.kind) setTyped("");
  };
  const submit = (event) => {
    event.preventDefault();
    const { values, problem } = asOperand(typed, operator, field, condition?.values[0]);
    setError(problem ?? null);
    if (!problem) onAccept({ field: field.name, operator, values });
  };
  const press = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    onCancel();
  };

  return html`
    <form class="filter-form card" aria-label="Filter" onSubmit=${submit} onKeyDown=${press} novalidate>
      <${Field} label="Field">
        ${(control) => html`
          <select ...${control} ref=${first} class="input" value=${field.name} onChange=${(event) => chooseField(event.currentTarget.value)}>
            ${attributes.map((each) => html`<option value=${each.name} selected=${each === field}>${each.label}</option>`)}
          </select>
        `}
      <//>
      <${Field} label="Condition">
        ${(control) => html`
          <select ...${control} class="input" value=${operator} onChange=${(event) => setOperator(event.currentTarget.value)}>
            ${orderedOperators(field).map(
              (each) => html`<option value=${each} selected=${each === operator}>${operatorWords(each, field.kind)}</option>`,
            )}
          </select>
        `}
      <//>
      <${Field} label="Value" error=${error}>
        ${(control) => html`<${OperandInput} control=${control} field=${field} operator=${operator} value=${typed} onInput=${setTyped} />`}
      <//>
      <div class="filter-actions">
        <${Button} type="submit" kind="primary">Apply<//>
        <${Button} onClick=${onCancel}>Cancel<//>
      </div>
    </form>
  `;
}
