/** The ways to sign in that the service has: a token, an API key, or its issuer of tokens. */

import { useApp } from "../context.js";
import { html, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { Notice } from "../parts/notice.js";
import { refusalOf } from "./trial.js";
import { IssuerSignIn } from "./issuer-sign-in.js";
import { claimsOf, nameIn } from "./claims.js";

const LABELS = { token: "Access token", key: "API key" };
const FORMS = {
  token: "A JSON Web Token of an issuer that the service trusts",
  key: "It begins with esk_",
};

export function SignInForm() {
  const { session, api, resources } = useApp();
  const [keep, setKeep] = useState(false);
  const [error, setError] = useState(null);
  const issuer = session.ways.find(({ way }) => way === "oidc");
  const secrets = session.ways.filter(({ way }) => way !== "oidc");

  /** Signs in where the service takes the credentials; else says why it does not. */
  const take = async (credential) => {
    const refusal = await refusalOf(credential, api, resources);
    setError(refusal);
    if (refusal === null) session.signIn(credential, { keep });
  };

  return html`
    <div class="sign-in-form">
      ${error && html`<${Notice} kind="error">${error}<//>`}
      ${issuer && html`<${IssuerSignIn} issuer=${issuer} onSignedIn=${take} />`}
      ${issuer && secrets.length > 0 && html`<p class="or"><span>or</span></p>`}
      ${secrets.length > 0 && html`<${SecretForm} ways=${secrets} onSubmit=${take} isFirst=${!issuer} />`}
      <label class="check">
        <input type="checkbox" checked=${keep} onChange=${(event) => setKeep(event.currentTarget.checked)} />
        <span>Stay signed in until this tab is closed</span>
      </label>
    </div>
  `;
}

function SecretForm({ ways, onSubmit, isFirst }) {
  const [secret, setSecret] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const names = ways.map(({ way }) => way);
  const label = names.map((name, index) => (index ? LABELS[name].replace("Access token", "access token") : LABELS[name])).join(" or ");

  const submit = async (event) => {
    event.preventDefault();
    const text = secret.trim().replace(/^bearer\s+/i, "");
    setMissing(text === "");
    if (text === "") return;
    setBusy(true);
    await onSubmit(credentialOf(text));
    setBusy(false);
  };

  return html`
    <form onSubmit=${submit} novalidate>
      <${Field} label=${label} hint=${names.map((name) => FORMS[name]).join(". ")} error=${missing ? "Paste one here" : null}>
        ${(control) => html`<input
          ...${control}
          class="input mono"
          type="password"
          autocomplete="off"
          spellcheck=${false}
          value=${secret}
          onInput=${(event) => setSecret(event.currentTarget.value)}
        />`}
      <//>
      <${Button} type="submit" kind=${isFirst ? "primary" : "plain"} busy=${busy}>Sign in<//>
    </form>
  `;
}

function credentialOf(secret) {
  const isKey = secret.startsWith("esk_");
  return isKey
    ? { way: "key", secret, name: `Key ${secret.split("_")[1] ?? ""}` }
    : { way: "token", secret, name: nameIn(claimsOf(secret)) ?? "Token" };
}
