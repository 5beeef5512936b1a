/** What views are given of the page around them, by `useApp()`.
 *
 * - `config`: what `/console/config.json` says
 * - `session`: who is signed in (`session.js`)
 * - `api`: `api.request(method, path, options)` (`api.js`)
 * - `resources`: what is declared, in order (`schema.js`)
 * - `rights`: what the service has refused in this session (`rights.js`)
 * - `toasts`: messages that pass, with an action such as undo (`parts/toasts.js`)
 */

import { createContext, useContext, useEffect, useState } from "./html.js";

export const AppContext = createContext(null);

export function useApp() {
  return useContext(AppContext);
}

/** Renders again whenever `source`, which has `subscribe(listener)`, has changed. */
export function useChanges(source) {
  const [, setCount] = useState(0);
  useEffect(() => source.subscribe(() => setCount((count) => count + 1)), [source]);
}
