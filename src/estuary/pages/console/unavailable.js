/** What is shown where the console cannot begin. */

import { html } from "./html.js";
import { Button } from "./parts/button.js";
import { EmptyState } from "./parts/empty-state.js";

export default function Unavailable({ reason }) {
  return html`
    <main class="alone">
      <${EmptyState} title="The console cannot reach the service" heading="h1">
        <p>${reason}</p>
        <${Button} kind="primary" onClick=${() => window.location.reload()}>Try again<//>
      <//>
    </main>
  `;
}
