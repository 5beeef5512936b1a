/** Signing in at the issuer of tokens, in its own window, so that this page stays as it is. */

import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { answerFromIssuer } from "./arrival.js";
import { discover, Exchange } from "./oidc.js";

export function IssuerSignIn({ issuer, onSignedIn }) {
  const [metadata, setMetadata] = useState(null);
  const [error, setError] = useState(null);
  const [waiting, setWaiting] = useState(false);
  const ending = useRef(null);

  // Before it is pressed: a browser opens a window only as an immediate answer to that.
  useEffect(() => {
    if (!window.isSecureContext) return setError("Browsers allow this on https addresses and on localhost alone");
    discover(issuer.issuer).then(setMetadata, (problem) => setError(problem.message));
    return () => ending.current?.abort();
  }, [issuer]);

  const signIn = async () => {
    const exchange = new Exchange(issuer, metadata, returnAddress());
    const page = window.open("about:blank", "_blank", "popup,width=520,height=720");
    if (page === null) return setError("The browser did not open the issuer's window: allow this page to open one");
    // What is shown there must not be able to lead this page elsewhere.
    page.opener = null;
    ending.current = new AbortController();
    setError(null);
    setWaiting(true);
    try {
      page.location = await exchange.address();
      const parameters = await answerFromIssuer(exchange.state, ending.current.signal);
      await onSignedIn(await exchange.redeem(parameters));
    } catch (problem) {
      if (problem.name !== "AbortError") setError(problem.message);
    }
    setWaiting(false);
  };

  return html`
    <div class="issuer">
      ${error && html`<${Notice} kind="error">${error}<//>`}
      <${Button} kind="primary" onClick=${signIn} disabled=${metadata === null} busy=${waiting}>
        ${waiting ? "Waiting for the other window…" : `Sign in at ${new URL(issuer.issuer).host}`}
      <//>
      ${waiting && html`<${Button} kind="quiet" onClick=${() => ending.current.abort()}>Cancel<//>`}
    </div>
  `;
}

/** Where the issuer sends the person back to: the console's own address. */
function returnAddress() {
  return window.location.origin + window.location.pathname;
}
