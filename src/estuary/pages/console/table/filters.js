/** The conditions of a list: those that hold, each to be changed or taken away, and a form for another. */

import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { FilterForm } from "./filter-form.js";
import { conditionWords } from "./operators.js";

/** The attributes that can be asked for, in the order in which they are offered. */
export function askable(resource) {
  const label = resource.labelField;
  const fields = [label, ...resource.shown.filter((field) => field !== label), resource.version];
  return fields.filter((field) => field !== undefined && field.operators.length > 0);
}

export function Filters({ resource, conditions, onChange }) {
  // The number of the condition that is being changed; -1 for a new one, null while there is none.
  const [edited, setEdited] = useState(null);
  const opener = useRef(null);
  const attributes = askable(resource);
  const close = () => {
    setEdited(null);
    opener.current?.focus();
  };
  const accept = (condition) => {
    const others = conditions.filter((each, index) => index !== edited && !isSame(each, condition));
    close();
    onChange([...others, condition]);
  };
  useEffect(() => setEdited(null), [resource]);

  return html`
    <div class="filters">
      <ul class="chips" aria-label="Filter">
        ${conditions.map(
          (condition, index) => html`
            <li class="chip" key=${`${condition.field}.${condition.operator}`}>
              <button type="button" onClick=${() => setEdited(index)}>${words(condition, attributes)}</button>
              <button
                type="button"
                aria-label=${`Remove: ${words(condition, attributes)}`}
                onClick=${() => onChange(conditions.filter((each) => each !== condition))}
              >
                ×
              </button>
            </li>
          `,
        )}
        <li>
          <button
            ref=${opener}
            type="button"
            class="button plain"
            aria-expanded=${edited === -1 ? "true" : "false"}
            onClick=${() => setEdited(edited === -1 ? null : -1)}
          >
            Add filter
          </button>
        </li>
        ${conditions.length > 1 && html`<li><${Button} kind="quiet" onClick=${() => onChange([])}>Clear all<//></li>`}
      </ul>
      ${edited !== null &&
      html`<${FilterForm}
        key=${edited}
        attributes=${attributes}
        condition=${conditions[edited]}
        onAccept=${accept}
        onCancel=${close}
      />`}
    </div>
  `;
}

function words(condition, attributes) {
  const field = attributes.find(({ name }) => name === condition.field);
  return field === undefined ? `${condition.field} ${condition.operator} ${condition.values}` : conditionWords(condition, field);
}

/** The API takes an operator of a field once. */
function isSame(one, other) {
  return one.field === other.field && one.operator === other.operator;
}
