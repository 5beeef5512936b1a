/** A button. */

import { html } from "../html.js";

/** `kind` is `plain`, `primary` (one a view), `danger` or `quiet`. A `busy` one cannot be pressed, and says that it works.
 *
 * With `refusal`, a reason why this may not be done, it is there, cannot be pressed, and tells the reason.
 */
export function Button({ kind = "plain", busy = false, refusal, disabled, children, onClick, type = "button", ...rest }) {
  const isOff = Boolean(disabled || busy);
  return html`
    <button
      ...${rest}
      type=${type}
      class=${`button ${kind}`}
      disabled=${isOff}
      aria-disabled=${refusal ? "true" : undefined}
      aria-busy=${busy ? "true" : undefined}
      title=${refusal ?? rest.title}
      onClick=${refusal ? (event) => event.preventDefault() : onClick}
    >
      ${children}${refusal && html`<span class="sr-only"> (not allowed: ${refusal})</span>`}
    </button>
  `;
}
