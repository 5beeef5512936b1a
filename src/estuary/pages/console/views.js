/** The views, by the path that they are at; each is loaded when it is first shown.
 *
 * A view is a component, the default export of its module, that is given `{resource, parameters, query}`: the
 * resource that its path names, the other parts of the path by their names, and the pairs behind `?`.
 */

import { match } from "./router.js";

const VIEWS = [
  ["", () => import("./overview/view.js")],
  ["resources/:resource", () => import("./table/view.js")],
];

/** The view at `path`, `{load, parameters}`; null where there is none. */
export function viewAt(path) {
  for (const [pattern, load] of VIEWS) {
    const parameters = match(pattern, path);
    if (parameters !== null) return { load, parameters };
  }
  return null;
}
