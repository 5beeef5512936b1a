/** A component whose module is loaded when it is first shown. */

import { html, useEffect, useState } from "../html.js";
import { Notice } from "./notice.js";

/** `load` gives its module, whose default export is rendered with the other properties; until then, nothing is. */
export function Lazy({ load, ...properties }) {
  const [Component, setComponent] = useState(null);
  useEffect(() => {
    load().then((module) => setComponent(() => module.default), () => setComponent(() => Missing));
  }, [load]);
  return Component && html`<${Component} ...${properties} />`;
}

/** Instead of what cannot be loaded: the service is away, or of another version than this page. */
function Missing() {
  return html`
    <${Notice} kind="error" title="A part of the console could not be loaded">
      The service did not answer, or it has been updated meanwhile: load the page again.
    <//>
  `;
}
