/** Something to know where it matters: `kind` is `info`, `success`, `warning` or `error`. */

import { html } from "../html.js";

export function Notice({ kind = "info", title, children, action }) {
  return html`
    <div class=${`notice ${kind}`} role=${kind === "error" ? "alert" : "status"}>
      <div class="notice-text">${title && html`<strong>${title}</strong>`}${children}</div>
      ${action && html`<div class="notice-action">${action}</div>`}
    </div>
  `;
}
