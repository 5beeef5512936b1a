/** A labelled control, with what helps to fill it in and what is wrong with it. */

import { html, useId } from "../html.js";

/** `children` is a function that makes the control of `{id, "aria-describedby", "aria-invalid", required}`. */
export function Field({ label, hint, error, required = false, note, children }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const control = {
    id,
    required,
    "aria-describedby": described || undefined,
    "aria-invalid": error ? "true" : undefined,
  };
  return html`
    <div class=${error ? "field wrong" : "field"}>
      <label for=${id} class=${required ? "required" : undefined}>${label}</label>
      ${note && html`<span class="note">${note}</span>`}
      ${children(control)}
      ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
      ${error && html`<p class="error" id=${`${id}-error`}>${error}</p>`}
    </div>
  `;
}
