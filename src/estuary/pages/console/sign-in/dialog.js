/** The question for new credentials, over whatever was being done: that stays as it is. */

import { useApp } from "../context.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { SignInForm } from "./form.js";

export default function SignInDialog({ reason }) {
  const { session } = useApp();
  const wasSignedIn = session.credential !== null;
  return html`
    <${Dialog} title=${wasSignedIn ? "Your session has ended" : "Sign in"} onClose=${() => session.dismiss()}>
      ${wasSignedIn && html`<p>Sign in again to go on. Nothing that you have typed is lost.</p>`}
      ${reason && html`<p class="muted small">The service said: ${reason}</p>`}
      <${SignInForm} />
      <p class="aside"><${Button} kind="quiet" onClick=${() => session.dismiss()}>Not now<//></p>
    <//>
  `;
}
