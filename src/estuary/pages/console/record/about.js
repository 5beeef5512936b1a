/** What the service itself says of a record: its id, its version, and what only it sets. */

import { html } from "../html.js";
import { CopyButton } from "../snippets/copy-button.js";
import { stringify } from "../values/json.js";

export function About({ resource, record, tag }) {
  const own = resource.fields.filter(({ readOnly, name }) => readOnly && name !== "id");
  return html`
    <section class="card aside-card" aria-labelledby="about-record">
      <h2 id="about-record">Set by the service</h2>
      <dl class="facts">
        <div>
          <dt>Id</dt>
          <dd><span class="mono">${record.id}</span> <${CopyButton} text=${record.id} what="the id" /></dd>
        </div>
        ${
          tag &&
          html`<div>
            <dt>Version</dt>
            <dd>${tag.replaceAll('"', "")}</dd>
          </div>`
        }
        ${own.map(
          (field) =>
            html`<div key=${field.name}>
              <dt>${field.label}</dt>
              <dd><${Value} field=${field} value=${record[field.name]} /></dd>
            </div>`,
        )}
      </dl>
    </section>
  `;
}

function Value({ field, value }) {
  if (value === null || value === undefined) return html`<span class="muted">null</span>`;
  if (field.kind === "timestamp")
    return html`<time datetime=${value} title=${value}>${new Date(value).toLocaleString()}</time>`;
  return typeof value === "string" ? value || html`<span class="muted">empty</span>` : stringify(value);
}
