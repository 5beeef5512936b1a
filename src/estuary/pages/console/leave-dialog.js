/** The question whether to leave what is not saved. */

import { html } from "./html.js";
import { Button } from "./parts/button.js";
import { Dialog } from "./parts/dialog.js";

export default function LeaveDialog({ reason, onDecide }) {
  const actions = html`
    <${Button} onClick=${() => onDecide(false)}>Stay<//>
    <${Button} kind="danger" onClick=${() => onDecide(true)}>Leave without saving<//>
  `;
  return html`
    <${Dialog} title="Leave without saving?" onClose=${() => onDecide(false)} actions=${actions}>
      <p>${reason}</p>
    <//>
  `;
}
