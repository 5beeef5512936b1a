/** The views, by the path that they are at; each is loaded when it is first shown.
 *
 * A view is a component, the default export of its module, that is given `{resource, parameters, query}`: the
 * resource that its path names, the other parts of the path by their names, and the pairs behind `?`.
 */

import { match } from "./router.js";
import { styled } from "./style-sheets.js";

const VIEWS = [
  ["", () => import("./overview/view.js")],
  ["resources/:resource", () => styled(import("./table/view.js"), "table.css", "forms.css")],
  ["resources/:resource/new", () => styled(import("./record/new-view.js"), "forms.css", "record.css")],
  ["resources/:resource/import", () => styled(import("./transfer/import-view.js"), "forms.css", "transfer.css")],
  ["resources/:resource/export", () => styled(import("./transfer/export-view.js"), "forms.css", "transfer.css")],
  ["resources/:resource/:id", () => styled(import("./record/view.js"), "forms.css", "record.css", "snippets.css")],
  ["health", () => styled(import("./health/view.js"), "health.css")],
];

/** The view at `path`, `{load, parameters}`; null where there is none. */
export function viewAt(path) {
  for (const [pattern, load] of VIEWS) {
    const parameters = match(pattern, path);
    if (parameters !== null) return { load, parameters };
  }
  return null;
}
