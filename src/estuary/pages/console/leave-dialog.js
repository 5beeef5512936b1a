/** The question whether to leave what is not saved. */

import { html } from "./html.js";
import { Button } from "./parts/button.js";
import { Dialog } from "./parts/dialog.js";

export default function LeaveDialog({ onDecide }) {
  const actions = html`
    <${Button} onClick=${() => onDecide(false)}>Stay<//>
    <${Button} kind="danger" onClick=${() => onDecide(true)}>Leave without saving<//>
  `;
  return html`
    <${Dialog} title="Leave without saving?" onClose=${() => onDecide(false)} actions=${actions}>
      <p>What you have changed here is not saved.</p>
    <//>
  `;
}
