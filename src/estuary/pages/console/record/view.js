/** One record: read, and then shown as a form. */

import { useApp } from "../context.js";
import { html, useEffect, useState } from "../html.js";
import { EmptyState } from "../parts/empty-state.js";
import { href } from "../router.js";
import { RecordEditor } from "./editor.js";

export default function RecordView({ resource, parameters }) {
  const { api, rights, session } = useApp();
  const [answer, setAnswer] = useState(null);
  const [reading, setReading] = useState(0);
  const { credential } = session;
  useEffect(() => {
    const stop = new AbortController();
    api.request("GET", resource.recordPath(parameters.id), { signal: stop.signal }).then(
      (read) => setAnswer(rights.learn(resource.name, "read", read)),
      () => {},
    );
    return () => stop.abort();
  }, [resource, parameters.id, reading, credential === null]);
  if (answer === null) return html`<p class="muted" role="status">Loading…</p>`;
  if (!answer.ok) return html`<${Missing} resource=${resource} answer=${answer} />`;
  const etag = answer.headers.get("etag");
  return html`<${RecordEditor}
    key=${reading}
    resource=${resource}
    start=${answer.body}
    tag=${etag}
    onReload=${() => setReading(reading + 1)}
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
