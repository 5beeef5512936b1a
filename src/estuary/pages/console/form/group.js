/** Controls that belong together under one name. */

import { html, useId } from "../html.js";

export function Group({ label, path, hint, error, note, required, children }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return html`
    <fieldset class=${error ? "group wrong" : "group"} data-path=${path} aria-describedby=${described || undefined}>
      <legend>${label}${required && html`<span class="required" aria-hidden="true"> *</span>`}</legend>
      ${note} ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`} ${children}
      ${error && html`<p class="error" id=${`${id}-error`}>${error}</p>`}
    </fieldset>
  `;
}
