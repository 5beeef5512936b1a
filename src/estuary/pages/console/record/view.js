/** One record: read, and then shown as a form. */

import { useApp } from "../context.js";
import { html, useEffect, useState } from "../html.js";
import { EmptyState } from "../parts/empty-state.js";
import { href } from "../router.js";
import { RecordEditor } from "./editor.js";

export default function RecordView({ resource, parameters }) {
  const { api, rights, session } = useApp();
  const [round, setRound] = useState(0);
  const [shown, setShown] = useState(null);
  const { credential } = session;
  useEffect(() => {
    const stop = new AbortController();
    api.request("GET", resource.recordPath(parameters.id), { signal: stop.signal }).then(
      (answer) => setShown({ answer: rights.learn(resource, "read", answer), round }),
      () => {},
    );
    return () => stop.abort();
  }, [resource, parameters.id, round, credential === null]);
  if (shown === null) return html`<p class="muted" role="status">Loading…</p>`;
  const { answer } = shown;
  if (!answer.ok) return html`<${Missing} resource=${resource} answer=${answer} />`;
  // A form lives on, with what is typed in it, when the record is read again, unless the user asked to start over.
  return html`<${RecordEditor}
    key=${shown.round}
    resource=${resource}
    start=${answer.body}
    tag=${answer.headers.get("etag")}
    onReload=${() => setRound(round + 1)}
  />`;
}

function Missing({ resource, answer }) {
  const isGone = answer.status === 404;
  return html`
    <${EmptyState} heading="h1" title=${isGone ? "No such record" : "This record cannot be shown"}>
      <p>${isGone ? "It has been deleted, or you may not read it." : answer.message}</p>
      <a class="button" href=${href(["resources", resource.name])}>All ${resource.name}</a>
    <//>
  `;
}
