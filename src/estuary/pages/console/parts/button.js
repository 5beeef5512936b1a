/** A button. */

import { html } from "../html.js";

/** `kind` is `plain`, `primary` (one a view), `danger` or `quiet`. One that is `disabled`, `busy`, or has a `refusal`, the
 * reason why this may not be done, cannot be pressed; it keeps the focus, which the attribute `disabled` would lose.
 */
export function Button({ kind = "plain", busy = false, refusal, disabled, children, onClick, type = "button", ...rest }) {
  const isOff = Boolean(disabled || busy || refusal);
  const refuse = (event) => event.preventDefault();
  return html`
    <button
      ...${rest}
      type=${type}
      class=${`button ${kind}`}
      aria-disabled=${isOff ? "true" : undefined}
      aria-busy=${busy ? "true" : undefined}
      title=${refusal ?? rest.title}
      onClick=${isOff ? refuse : onClick}
    >
      ${children}${refusal && html`<span class="sr-only"> (not allowed: ${refusal})</span>`}
    </button>
  `;
}
