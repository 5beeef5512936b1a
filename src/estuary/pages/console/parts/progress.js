/** How far a work is: `value` of `most`, or unknown without them. */

import { html } from "../html.js";

export function Progress({ label, value, most }) {
  return html`
    <div class="progress">
      <span>${label}</span>
      <progress aria-label=${label} value=${value} max=${most}></progress>
    </div>
  `;
}
