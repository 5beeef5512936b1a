/** What the service holds: every resource, with how many records it has. */

import { useApp } from "../context.js";
import { html } from "../html.js";
import { EmptyState } from "../parts/empty-state.js";
import { href } from "../router.js";
import { Total } from "./total.js";

export default function Overview() {
  const { resources } = useApp();
  return html`
    <div class="heading"><div><h1>Overview</h1></div></div>
    ${resources.length === 0
      ? html`<${EmptyState} title="Nothing is declared yet"><p>Declare a resource, and name it in <code>RESOURCES</code>.</p><//>`
      : html`<ul class="card overview" aria-label="Resources">
          ${resources.map(
            (resource) => html`
              <li key=${resource.name}>
                <a href=${href(["resources", resource.name])}>
                  <span><strong>${resource.title}</strong><span class="muted small">${resource.description}</span></span>
                  <${Total} resource=${resource} />
                </a>
              </li>
            `,
          )}
        </ul>`}
  `;
}
