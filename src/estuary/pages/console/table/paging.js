/** Where one is in a list, the ways on and back, and how much is shown. */

import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { grouped } from "../counting.js";
import { Popover } from "../parts/popover.js";
import { PAGE_SIZES } from "./state.js";

export function Pager({ state, page, total, trail, onGo }) {
  const number = trail.pageOf(state.cursor);
  const before = trail.before(state.cursor);
  return html`
    <nav class="pager" aria-label="Pages">
      <${Button} disabled=${state.cursor === ""} onClick=${() => onGo("")}>First<//>
      <${Button} disabled=${before === null} onClick=${() => onGo(before)}>Previous<//>
      <${Button} disabled=${page.next === null} onClick=${() => onGo(page.next)}>Next<//>
      <span class="muted" role="status">${position(number, state.limit, page, total)}</span>
    </nav>
  `;
}

export function SizeChooser({ value, onChange }) {
  return html`
    <label class="size muted">
      <span>Rows per page</span>
      <select class="input" value=${value} onChange=${(event) => onChange(Number(event.currentTarget.value))}>
        ${PAGE_SIZES.map((size) => html`<option value=${size} selected=${size === value}>${size}</option>`)}
      </select>
    </label>
  `;
}

/** Which fields are columns; the last one that is left cannot be taken away. */
export function ColumnChooser({ resource, columns, onChange }) {
  const shown = columns.map(({ name }) => name);
  const toggle = (name, isShown) => onChange(isShown ? [...shown, name] : shown.filter((each) => each !== name));
  return html`
    <${Popover} label="Columns">
      <fieldset class="column-choices">
        <legend class="sr-only">Columns</legend>
        ${resource.shown.map(
          ({ name, label }) => html`
            <label class="check" key=${name}>
              <input
                type="checkbox"
                checked=${shown.includes(name)}
                disabled=${shown.length === 1 && shown[0] === name}
                onChange=${(event) => toggle(name, event.currentTarget.checked)}
              />
              <span>${label}</span>
            </label>
          `,
        )}
      </fieldset>
      <${Button} kind="quiet" onClick=${() => onChange(null)}>Reset<//>
    <//>
  `;
}

function position(number, limit, { records, isLoading }, total) {
  const of = total === null ? "" : /\d/.test(total) ? ` of ${total}` : `, ${total}`;
  if (isLoading) return "Loading…";
  if (records.length === 0) return "";
  if (number === null) return `${records.length} records${of}`;
  const first = (number - 1) * limit + 1;
  return `${grouped(first)}–${grouped(first + records.length - 1)}${of}`;
}
