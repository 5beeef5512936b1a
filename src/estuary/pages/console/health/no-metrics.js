/** Why there are no metrics to show, and where they have a token of their own, a way to give it. */

import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { Notice } from "../parts/notice.js";

/** `source` is what `config.json` says of metrics, `answer` the last answer, null where none was asked for. */
export function NoMetrics({ source, answer, token, onToken }) {
  if (source === null) {
    return html`<${Notice} title="Metrics are on a port of their own"
      >This console cannot read those that ADMIN_PORT serves.<//
    >`;
  }
  if (answer?.ok) return null;
  if (answer === null || answer.status === 401 || answer.status === 403) {
    const wrong = answer !== null && token !== "" ? "The service did not take this token" : "";
    return html`<${TokenForm} wrong=${wrong} onToken=${onToken} />`;
  }
  if (answer.status === 404)
    return html`<${Notice} title="There are no metrics">The service does not serve them here.<//>`;
  return html`<${Notice} kind="warning" title="Metrics could not be read">${answer.message}<//>`;
}

/** The token stays in this view's memory. */
function TokenForm({ wrong, onToken }) {
  const [typed, setTyped] = useState("");
  const submit = (event) => {
    event.preventDefault();
    onToken(typed.trim());
  };
  return html`
    <form class="card token-form" onSubmit=${submit}>
      <${Field}
        label="Token for metrics"
        hint="METRICS_TOKEN of the service. It is forgotten when you leave this page."
        error=${wrong}
      >
        ${(control) => html`
          <input
            class="input mono"
            type="password"
            autocomplete="off"
            ...${control}
            value=${typed}
            onInput=${(event) => setTyped(event.currentTarget.value)}
          />
        `}
      <//>
      <${Button} type="submit" disabled=${typed.trim() === ""}>Show metrics<//>
    </form>
  `;
}
