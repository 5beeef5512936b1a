/** The records of a resource. */

import { html } from "../html.js";

export default function Table({ resource }) {
  return html`<h1>${resource.title}</h1>`;
}
