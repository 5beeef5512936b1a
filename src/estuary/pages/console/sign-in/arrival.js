/** The way back from the issuer: its window, in which this page was loaded again, sends the answer to the one that waits. */

import { html, render } from "../html.js";
import { EmptyState } from "../parts/empty-state.js";

const CHANNEL = "estuary-sign-in";

/** Whether this is the issuer's window, coming back; its parameters are then handed on, and it is closed. */
export function arrivedFromIssuer(page, place) {
  const parameters = Object.fromEntries(new URLSearchParams(page.location.search));
  if (parameters.state === undefined || (parameters.code ?? parameters.error) === undefined) return false;
  page.history.replaceState(null, "", page.location.pathname);
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => data.taken === parameters.state && page.close();
  channel.postMessage({ parameters });
  render(
    html`<main class="alone">
      <${EmptyState} title="This window can be closed" heading="h1">
        <p>Go on in the window that you came from. Where that is gone, begin again:</p>
        <a class="button" href=${page.location.pathname}>Open the console</a>
      <//>
    </main>`,
    place,
  );
  return true;
}

/** What the issuer sent back for `state`; rejected once `signal` ends the waiting. */
export function answerFromIssuer(state, signal) {
  const channel = new BroadcastChannel(CHANNEL);
  const answered = new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    channel.onmessage = ({ data }) => {
      if (data.parameters?.state !== state) return;
      channel.postMessage({ taken: state });
      resolve(data.parameters);
    };
  });
  return answered.finally(() => channel.close());
}
