/** The console's start: reads its configuration and the OpenAPI document, and renders the frame. */

import { Api } from "./api.js";
import { loadConfig } from "./config.js";
import { Frame } from "./frame.js";
import { html, render } from "./html.js";
import { Toasts } from "./parts/toasts.js";
import { Rights } from "./rights.js";
import { Router } from "./router.js";
import { resourcesOf } from "./schema.js";
import { Session } from "./session.js";
import { arrivedFromIssuer } from "./sign-in/arrival.js";

const place = document.getElementById("console");

async function start() {
  const config = await loadConfig(window.location.href);
  const session = new Session(config.signIn, window.sessionStorage);
  const api = new Api(session, config.base);
  const answer = await api.request("GET", "/openapi.json", { ask: false });
  if (!answer.ok) throw new Error(answer.message);
  const app = {
    config,
    session,
    api,
    resources: resourcesOf(answer.body),
    rights: new Rights(session),
    router: new Router(window),
    toasts: new Toasts(),
  };
  render(html`<${Frame} app=${app} />`, place);
}

if (!arrivedFromIssuer(window, place))
  start().catch(async (error) => {
    const { default: Unavailable } = await import("./unavailable.js");
    render(html`<${Unavailable} reason=${error.message} />`, place);
  });
