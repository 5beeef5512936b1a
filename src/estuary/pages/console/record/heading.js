/** Where a view of a record is: its resource above what it is called, and what can be done beside. */

import { html } from "../html.js";
import { href } from "../router.js";

export function Heading({ resource, title, children }) {
  return html`
    <div class="heading">
      <div>
        <p class="trail"><a href=${href(["resources", resource.name])}>${resource.title}</a></p>
        <h1>${title}</h1>
      </div>
      <div class="heading-actions">${children}</div>
    </div>
  `;
}
