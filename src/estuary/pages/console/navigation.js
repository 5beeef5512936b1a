/** The links to every view. */

import { useApp } from "./context.js";
import { html, useState } from "./html.js";
import { href } from "./router.js";

const MANY = 12;
/** Views that belong to no resource: `[segment, title]`. */
const OTHERS = [["health", "Health"]];

export function Navigation({ isOpen, path }) {
  const { resources, config } = useApp();
  const [sought, setSought] = useState("");
  const wanted = sought.trim().toLowerCase();
  const shown = resources.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(wanted));
  return html`
    <nav id="navigation" class=${isOpen ? "navigation open" : "navigation"} aria-label="Console">
      <${Entry} path=${path} segments=${[]} title="Overview" />
      <h2 class="caption" id="resources-caption">Resources</h2>
      ${resources.length > MANY &&
      html`<input
        class="input"
        type="search"
        placeholder="Find a resource"
        aria-label="Find a resource"
        value=${sought}
        onInput=${(event) => setSought(event.currentTarget.value)}
      />`}
      <ul aria-labelledby="resources-caption">
        ${shown.map(
          ({ name, title }) =>
            html`<li key=${name}><${Entry} path=${path} segments=${["resources", name]} title=${title} /></li>`,
        )}
      </ul>
      ${shown.length === 0 && html`<p class="muted small">None is called so.</p>`}
      <h2 class="caption">Service</h2>
      ${OTHERS.map(([segment, title]) => html`<${Entry} path=${path} segments=${[segment]} title=${title} />`)}
      ${config.paths.docs && html`<a class="entry" href=${config.paths.docs}>API documentation</a>`}
      <p class="muted small version">Estuary ${config.version}</p>
    </nav>
  `;
}

function Entry({ path, segments, title }) {
  const own = segments.join("/");
  const isCurrent = path === own || (own !== "" && path.startsWith(`${own}/`));
  return html`
    <a class="entry" href=${href(segments)} aria-current=${path === own ? "page" : isCurrent ? "true" : undefined}>${title}</a>
  `;
}
