/** A list in a form: an entry a row, in order. A long one is edited as JSON. */

import { html } from "../html.js";
import { empty } from "./entries.js";
import { Group } from "./group.js";
import { hintOf } from "./fields.js";

export function ListEditor({ field, entry, onChange, path, faults, mode, note, Editor }) {
  const items = entry.state === "value" ? entry.items : [];
  const change = (next) => onChange({ state: "value", items: next });
  const error = faults.get(path)?.join(" ");
  const about = {
    label: field.label,
    path,
    hint: hintOf(field),
    error,
    note,
    required: field.required && mode === "new",
  };
  if (entry.text !== undefined) {
    return html`
      <${Group} ...${about}>
        <textarea
          class="input mono"
          rows="10"
          aria-label=${`${field.label} as JSON`}
          value=${entry.text}
          onInput=${(event) => onChange({ state: "value", text: event.currentTarget.value })}
        ></textarea>
      <//>
    `;
  }
  const moved = (from, to) => {
    const next = [...items];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next);
  };
  return html`
    <${Group} ...${about}>
      <ol class="entries">
        ${items.map(
          (item, place) => html`
            <li key=${place}>
              <${Editor}
                field=${{ ...field.entry, label: `${field.label} ${place + 1}`, description: "" }}
                entry=${item}
                onChange=${(next) => change(items.map((each, at) => (at === place ? next : each)))}
                path=${`${path}[${place}]`}
                faults=${faults}
                mode=${mode}
                omittable=${false}
              />
              <span class="entry-actions">
                <button
                  type="button"
                  class="button quiet"
                  disabled=${place === 0}
                  aria-label=${`Move ${field.label} ${place + 1} up`}
                  onClick=${() => moved(place, place - 1)}
                >
                  ↑
                </button>
                <button
                  type="button"
                  class="button quiet"
                  aria-label=${`Remove ${field.label} ${place + 1}`}
                  onClick=${() => change(items.filter((_, at) => at !== place))}
                >
                  ×
                </button>
              </span>
            </li>
          `,
        )}
      </ol>
      <button
        type="button"
        class="button small"
        aria-label=${`Add an entry to ${field.label}`}
        onClick=${() => change([...items, empty(field.entry)])}
      >
        Add an entry
      </button>
    <//>
  `;
}
