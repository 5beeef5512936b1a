// The console: reads where the API is, and renders itself into the page.

import { h, render } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

const html = htm.bind(h);

// Relative to the page, which may be below any path; this module is below a folder of its version.
const config = await (await fetch("config.json")).json();

render(html`<main><h1>Estuary ${config.version}</h1></main>`, document.getElementById("console"));
