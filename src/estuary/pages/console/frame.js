/** The frame around every view: bar, navigation, messages, and the dialogs to sign in and to leave. */

import { AppContext, useChanges } from "./context.js";
import { html, useEffect, useRef, useState } from "./html.js";
import { Navigation } from "./navigation.js";
import { Button } from "./parts/button.js";
import { Lazy } from "./parts/lazy.js";
import { ToastRegion } from "./parts/toasts.js";
import { View } from "./view.js";

const signInPage = () => import("./sign-in/page.js");
const signInDialog = () => import("./sign-in/dialog.js");
const leaveDialog = () => import("./leave-dialog.js");
/** Loaded ahead: they may be needed when the service does not answer, or has been upgraded. */
const AHEAD = [signInDialog, leaveDialog];
const AHEAD_MS = 1000;

export function Frame({ app }) {
  const { session, router, toasts } = app;
  useChanges(session);
  useChanges(router);
  const [visiting, setVisiting] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => AHEAD.forEach((load) => load().catch(() => {})), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
  const isOutside = session.canSignIn && session.credential === null && !visiting && session.question === null;
  return html`
    <${AppContext.Provider} value=${app}>
      ${isOutside
        ? html`<${Lazy} load=${signInPage} onVisit=${() => setVisiting(true)} />`
        : html`<${Inside} app=${app} onSignOut=${() => setVisiting(false)} />`}
      ${session.question && html`<${Lazy} load=${signInDialog} reason=${session.question.reason} />`}
      ${router.pending !== null && html`<${Lazy} load=${leaveDialog} reason=${router.pending.reason} onDecide=${(leave) => router.decide(leave)} />`}
      <${ToastRegion} toasts=${toasts} />
    <//>
  `;
}

function Inside({ app, onSignOut }) {
  const { session, router, toasts } = app;
  const [isOpen, setOpen] = useState(false);
  const { path } = router.route;
  useEffect(() => setOpen(false), [path]);
  const main = useRef(null);
  return html`
    <a class="skip" href="#content" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>Skip to content</a>
    <header class="bar">
      <button
        type="button"
        class="button quiet menu"
        aria-expanded=${isOpen ? "true" : "false"}
        aria-controls="navigation"
        onClick=${() => setOpen(!isOpen)}
      >
        <span class="sr-only">Menu</span><span aria-hidden="true">☰</span>
      </button>
      <a class="brand" href="#/"><${Mark} />Estuary</a>
      <${Who} session=${session} router=${router} toasts=${toasts} onSignOut=${onSignOut} />
    </header>
    <div class="columns">
      <${Navigation} isOpen=${isOpen} path=${path} />
      <main id="content" tabindex="-1" ref=${main}><${View} route=${router.route} main=${main} /></main>
    </div>
  `;
}

function Who({ session, router, toasts, onSignOut }) {
  if (!session.canSignIn) return html`<span class="who"><span class="tag" title="AUTH_ENABLED is false: everyone may do everything">No sign-in</span></span>`;
  if (session.credential === null)
    return html`
      <span class="who">
        <span class="muted narrow-hidden">Not signed in</span>
        <${Button} onClick=${() => session.ask(null, "", { anyway: true })}>Sign in<//>
      </span>
    `;
  const signOut = () => {
    toasts.clear(); // they name records, and undo as whoever deleted them
    onSignOut();
    session.signOut();
  };
  return html`
    <span class="who">
      <span class="muted narrow-hidden name" title=${session.credential.name}>${session.credential.name}</span>
      <${Button} onClick=${() => router.leaving(signOut)}>Sign out<//>
    </span>
  `;
}

function Mark() {
  return html`
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 8c3-3 6-3 9 0s6 3 9 0M3 13c3-3 6-3 9 0s6 3 9 0M3 18c3-3 6-3 9 0s6 3 9 0" />
    </svg>
  `;
}
