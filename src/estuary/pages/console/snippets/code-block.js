/** A text to read and to copy. */

import { html } from "../html.js";
import { CopyButton } from "./copy-button.js";

export function CodeBlock({ label, text }) {
  return html`
    <div class="code">
      <div class="code-actions"><${CopyButton} text=${text} what=${label.toLowerCase()} /></div>
      <pre class="mono" tabindex="0" role="region" aria-label=${label}>${text}</pre>
    </div>
  `;
}
