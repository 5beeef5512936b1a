/** Asks which format a file is to have, or has. */

import { html, useId } from "../html.js";
import { FORMATS } from "./formats.js";

export function FormatChoice({ value, disabled, onChange }) {
  const group = useId();
  return html`
    <fieldset class="choices" disabled=${disabled}>
      <legend class="sr-only">Format</legend>
      ${Object.entries(FORMATS).map(
        ([name, { title }]) => html`
          <label key=${name} class=${name === value ? "choice chosen" : "choice"}>
            <input type="radio" name=${group} checked=${name === value} onChange=${() => onChange(name)} /> ${title}
          </label>
        `,
      )}
    </fieldset>
  `;
}
