/** What is shown in place of records: why there are none, and what one can do about it. */

import { useApp } from "../context.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { EmptyState } from "../parts/empty-state.js";
import { Notice } from "../parts/notice.js";
import { href } from "../router.js";

export function Nothing({ resource, state, onClear }) {
  const { rights } = useApp();
  if (state.conditions.length > 0)
    return html`
      <${EmptyState} title="Nothing matches">
        <p>No ${resource.singular} is as the filter says.</p>
        <${Button} onClick=${onClear}>Clear the filter<//>
      <//>
    `;
  const mayCreate = resource.can.create && rights.refusal(resource, "create") === undefined;
  return html`
    <${EmptyState} title=${state.cursor ? "Nothing more" : `No ${resource.title.toLowerCase()} yet`}>
      ${!state.cursor && mayCreate && html`<p>The first one that is created appears here.</p>`}
      ${!state.cursor && mayCreate && html`<a class="button" href=${href(["resources", resource.name, "new"])}>New ${resource.singular}</a>`}
    <//>
  `;
}

export function SignInFirst({ resource }) {
  const { session } = useApp();
  return html`
    <${EmptyState} title="Sign in to see this">
      <p>The service shows ${resource.title.toLowerCase()} to those who have signed in.</p>
      <${Button} kind="primary" onClick=${() => session.ask(null, "", { anyway: true })}>Sign in<//>
    <//>
  `;
}

/** Why the service gave no records, in its own words. */
export function Refusal({ resource, answer, onFirst, onAnew }) {
  const { session } = useApp();
  if (answer.status === 401)
    return html`
      <${Notice} kind="warning" title="Your session has ended" action=${html`
        <${Button} onClick=${() => session.ask(session.credential, answer.message, { anyway: true })}>Sign in<//>`}>
        ${answer.message}
      <//>
    `;
  if (answer.status === 403)
    return html`<${Notice} kind="warning" title=${`You may not read ${resource.title.toLowerCase()}`}>${answer.message}<//>`;
  const isWrong = answer.status === 400;
  const isCursor = isWrong && /cursor/i.test(answer.message);
  const mend = isCursor ? html`<${Button} onClick=${onFirst}>First page<//>` : html`<${Button} onClick=${onAnew}>Show all<//>`;
  return html`
    <${Notice}
      kind="error"
      title=${answer.body.error === "QUERY_TOO_EXPENSIVE" ? "This takes too long" : "The service did not give the list"}
      action=${isWrong && mend}
    >
      ${answer.message}${isWrong && !isCursor && ". If the service has been changed since this page was loaded, load it again."}
    <//>
  `;
}
