/** What stands where there is nothing to show: why, and what one can do. */

import { html } from "../html.js";

export function EmptyState({ title, heading = "h2", children }) {
  return html`
    <div class="empty">
      <${heading}>${title}<//>
      ${children}
    </div>
  `;
}
