/** A request in each language that it can be run in elsewhere. */

import { useApp } from "../context.js";
import { html, useId, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { CodeBlock } from "./code-block.js";
import { snippets } from "./snippets.js";

export default function RequestDialog({ request, onClose }) {
  const { config, session } = useApp();
  const [chosen, setChosen] = useState(0);
  const group = useId();
  const all = snippets(request, { origin: window.location.origin + config.base, isOpen: !session.canSignIn });
  return html`
    <${Dialog} wide title="API request" onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>Close<//>`}>
      <div class="choices" role="radiogroup" aria-label="Language">
        ${all.map(
          ({ name }, place) => html`
            <label class=${place === chosen ? "choice chosen" : "choice"}>
              <input type="radio" name=${group} checked=${place === chosen} onChange=${() => setChosen(place)} />
              ${name}
            </label>
          `,
        )}
      </div>
      <${CodeBlock} label=${`The request for ${all[chosen].name}`} text=${all[chosen].text} />
      ${
        session.canSignIn &&
        html`<p class="muted small">The token or key is not part of it: put it into the environment as TOKEN.</p>`
      }
    <//>
  `;
}
