/** An object with fields of its own in a form. */

import { html } from "../html.js";
import { empty } from "./entries.js";
import { Group } from "./group.js";

export function NestedEditor({ field, entry, onChange, path, faults, mode, note, Editor }) {
  const change = (name, next) => onChange({ state: "value", members: { ...entry.members, [name]: next } });
  return html`
    <${Group}
      label=${field.label}
      path=${path}
      hint=${field.description}
      error=${faults.get(path)?.join(" ")}
      note=${note}
      required=${field.required && mode === "new"}
    >
      ${
        entry.state === "value"
          ? field.fields.map(
              (each) => html`
                <${Editor}
                  key=${each.name}
                  field=${each}
                  entry=${entry.members[each.name]}
                  onChange=${(next) => change(each.name, next)}
                  path=${`${path}.${each.name}`}
                  faults=${faults}
                  mode="new"
                  omittable=${!each.required && entry.members[each.name].state !== "value"}
                />
              `,
            )
          : html`<button type="button" class="button small" onClick=${() => onChange(empty(field))}>
              Add ${field.label.toLowerCase()}
            </button>`
      }
    <//>
  `;
}
