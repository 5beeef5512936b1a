/** The view at an address, loaded and shown, or a page that says why it cannot be. */

import { useApp } from "./context.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { EmptyState } from "./parts/empty-state.js";
import { viewAt } from "./views.js";

/** The view of `route`. A new view gets the focus, so that a screen reader begins to read there,
 * unless the view has focused a control of its own. */
export function View({ route, main }) {
  const { resources } = useApp();
  const [loaded, setLoaded] = useState(null);
  const shown = useRef(null);
  const asked = useRef([]);
  const { path, query } = route;

  useEffect(() => {
    const view = viewAt(path);
    if (view === null) return setLoaded({ path, Component: NoSuchPage, parameters: {} });
    let isCurrent = true;
    view.load().then(
      (module) => isCurrent && setLoaded({ path, Component: module.default, parameters: view.parameters }),
      () => isCurrent && setLoaded({ path, Component: NotLoaded, parameters: {} }),
    );
    return () => (isCurrent = false);
  }, [path]);

  useEffect(() => {
    if (loaded === null) return;
    document.title = [...titles(loaded, resources), "Estuary"].join(" · ");
    if (shown.current !== null) {
      // A form focuses its first field.
      if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    shown.current = loaded;
  }, [loaded]);

  if (loaded === null) return html`<p class="muted" role="status">Loading…</p>`;
  const { Component, parameters } = loaded;
  // Until the next view is loaded, the current one keeps its query.
  if (loaded.path === path) asked.current = query;
  const resource = resources.find(({ name }) => name === parameters.resource);
  if (parameters.resource !== undefined && resource === undefined) return html`<${NoSuchResource} name=${parameters.resource} />`;
  return html`<${Component} key=${loaded.path} resource=${resource} parameters=${parameters} query=${asked.current} />`;
}

function titles({ path, parameters }, resources) {
  const resource = resources.find(({ name }) => name === parameters.resource);
  if (resource !== undefined) return [resource.title];
  return path === "" ? ["Overview"] : [path.charAt(0).toUpperCase() + path.slice(1)];
}

function NoSuchResource({ name }) {
  return html`
    <${EmptyState} title="No such resource" heading="h1">
      <p>The service has no resource called “${name}”.</p>
      <a class="button" href="#/">See those that there are</a>
    <//>
  `;
}

function NoSuchPage() {
  return html`
    <${EmptyState} title="No such page" heading="h1">
      <p>Nothing is at this address.</p>
      <a class="button" href="#/">Overview</a>
    <//>
  `;
}

function NotLoaded() {
  return html`
    <${EmptyState} title="This page could not be loaded" heading="h1">
      <p>The service did not answer, or it has been updated meanwhile.</p>
      <button type="button" class="button primary" onClick=${() => window.location.reload()}>Load again</button>
    <//>
  `;
}
