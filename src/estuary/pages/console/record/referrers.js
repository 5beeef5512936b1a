/** The records that refer to one: how many of which resource, the first of them, and the way to all. */

import { useApp } from "../context.js";
import { html, useEffect, useState } from "../html.js";
import { href } from "../router.js";

const MOST = 5;

export function Referrers({ resource, record }) {
  const readable = resource.referrers.filter((each) => each.resource.can.read);
  if (readable.length === 0) return null;
  return html`
    <section class="card aside-card" aria-labelledby="referrers">
      <h2 id="referrers">Referenced by</h2>
      ${readable.map((each) => html`<${FromField} key=${`${each.resource.name}.${each.field.name}`} ...${each} id=${record.id} />`)}
    </section>
  `;
}

function FromField({ resource, field, id }) {
  const { api } = useApp();
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const label = resource.labelField?.name;
    const fields = [...new Set(["id", label].filter(Boolean))].join(",");
    const query = { [`${field.name}.eq`]: id, limit: String(MOST), fields, count: "limited" };
    api.request("GET", resource.path, { query, signal: stop.signal }).then(setAnswer, () => {});
    return () => stop.abort();
  }, [resource, field, id]);
  const title = `${resource.title}, by ${field.label.toLowerCase()}`;
  if (answer === null)
    return html`<h3>${title}</h3>
      <p class="muted" role="status">Loading…</p>`;
  if (!answer.ok)
    return html`<h3>${title}</h3>
      <p class="muted">${answer.message}</p>`;
  const { items, total, total_exceeded: exceeded } = answer.body;
  return html`
    <h3>${title} <span class="tag">${exceeded ? `more than ${total}` : total}</span></h3>
    ${
      items.length === 0
        ? html`<p class="muted">None</p>`
        : html`<ul class="referrers">
            ${items.map((each) => html`<li key=${each.id}><a href=${href(["resources", resource.name, each.id])}>${resource.labelOf(each)}</a></li>`)}
          </ul>`
    }
    ${(exceeded || total > items.length) && html`<a href=${href(["resources", resource.name], { [`${field.name}.eq`]: id })}>Show all</a>`}
  `;
}
