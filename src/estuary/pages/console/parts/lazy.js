/** A component whose module is loaded when it is first shown. */

import { html, useEffect, useState } from "../html.js";

/** `load` gives its module, whose default export is rendered with the other properties; until then, nothing is. */
export function Lazy({ load, ...properties }) {
  const [Component, setComponent] = useState(null);
  useEffect(() => {
    load().then((module) => setComponent(() => module.default));
  }, [load]);
  return Component && html`<${Component} ...${properties} />`;
}
