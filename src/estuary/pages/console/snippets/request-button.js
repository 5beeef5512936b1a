/** Shows the request that a view makes as something to run elsewhere. */

import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Lazy } from "../parts/lazy.js";
import { styled } from "../style-sheets.js";

const loadDialog = () => styled(import("./request-dialog.js"), "snippets.css");

/** `request()` gives `{method, path, query, headers, body}` as it would be sent now. */
export function RequestButton({ request, label = "API request" }) {
  const [shown, setShown] = useState(null);
  return html`
    <${Button} kind="quiet" aria-haspopup="dialog" onClick=${() => setShown(request())}>${label}<//>
    ${shown !== null && html`<${Lazy} load=${loadDialog} request=${shown} onClose=${() => setShown(null)} />`}
  `;
}
