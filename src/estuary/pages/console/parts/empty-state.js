/** What is shown where there is nothing: why, and what one can do. */

import { html } from "../html.js";

export function EmptyState({ title, heading = "h2", children }) {
  return html`
    <div class="empty">
      <${heading}>${title}<//>
      ${children}
    </div>
  `;
}
