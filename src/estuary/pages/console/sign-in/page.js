/** The page on which one signs in. */

import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { SignInForm } from "./form.js";

export default function SignInPage({ onVisit }) {
  return html`
    <main class="alone sign-in">
      <h1>Estuary</h1>
      <p class="muted">Sign in to see and change what this service holds.</p>
      <${SignInForm} />
      <p class="aside"><${Button} kind="quiet" onClick=${onVisit}>Look around without signing in<//></p>
    </main>
  `;
}
