/** Exports the records that a list shows, as a file. */

import { useApp } from "../context.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { counted, grouped } from "../counting.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { Progress } from "../parts/progress.js";
import { Heading } from "../record/heading.js";
import { RequestButton } from "../snippets/request-button.js";
import { typedQuery } from "../snippets/typed-query.js";
import { fileOf, Refused } from "./exporting.js";
import { FORMATS } from "./formats.js";
import { FormatChoice } from "./format-choice.js";
import { save } from "./save.js";

const MANY_PARTS = 200;

/** `query` are the pairs of the list's URL: conditions, and the order. */
export default function ExportView({ resource, query }) {
  const app = useApp();
  const [format, setFormat] = useState("jsonl");
  const [state, setState] = useState({ phase: "ready", count: 0 });
  const [total, setTotal] = useState("…");
  const running = useRef(null);
  const conditions = query.filter(([name]) => name !== "sort");

  useEffect(() => {
    const stop = new AbortController();
    counted(resource, conditions, app, stop.signal).then(setTotal, () => {});
    return () => {
      stop.abort();
      running.current?.abort();
    };
  }, [resource, JSON.stringify(query)]);

  const run = async () => {
    const stop = new AbortController();
    running.current = stop;
    setState({ phase: "running", count: 0 });
    const options = {
      signal: stop.signal,
      onRecords: (more) => setState((now) => ({ ...now, count: now.count + more, wait: 0 })),
      onPause: (milliseconds) => setState((now) => ({ ...now, wait: Math.ceil(milliseconds / 1000) })),
    };
    try {
      const parts = await collected(fileOf(app.api, resource, resource.shown, query, FORMATS[format], options));
      const { extension, type } = FORMATS[format];
      save(parts, `${resource.name}.${extension}`, type);
      setState((now) => ({ ...now, phase: "done" }));
    } catch (error) {
      if (!(error instanceof Refused) && !stop.signal.aborted) throw error;
      setState((now) => ({ ...now, phase: stop.signal.aborted ? "cancelled" : "failed", message: error.message }));
    }
  };

  const all = [...query, ["limit", 100], ["cursor", ""]];
  const request = () => ({ method: "GET", path: resource.path, query: typedQuery(resource, all) });
  const isRunning = state.phase === "running";
  return html`
    <${Heading} resource=${resource} title=${`Export ${resource.name}`} />
    <div class="card transfer">
      <p>
        ${conditions.length === 0 ? "All records" : "The records of the list's filter"}: <strong>${total}</strong>. Each
        comes once, whatever is written
        meanwhile.${resource.fields.some(({ hidden }) => hidden) ? " Fields that are never shown are not part of the file." : ""}
      </p>
      ${
        conditions.length > 0 &&
        html`<ul class="conditions" aria-label="Filter">
          ${conditions.map(([name, value]) => html`<li class="tag mono">${name}=${value}</li>`)}
        </ul>`
      }
      <${FormatChoice} value=${format} disabled=${isRunning} onChange=${setFormat} />
      ${
        format === "csv" &&
        html`<p class="hint">
          A text that a spreadsheet would take for a formula begins with an apostrophe; importing takes it away. An
          empty cell is null, lists and objects are JSON.
        </p>`
      }
      <div class="actions-start">
        ${
          isRunning
            ? html`<${Button} onClick=${() => running.current.abort()}>Cancel<//>`
            : html`<${Button} kind="primary" onClick=${run}>Export<//>`
        }
        <${RequestButton} request=${request} />
      </div>
      <${Told} state=${state} />
    </div>
  `;
}

function Told({ state: { phase, count, wait, message } }) {
  const records = `${grouped(count)} ${count === 1 ? "record" : "records"}`;
  switch (phase) {
    case "running":
      return html`<${Progress} label=${wait > 0 ? `${records}; the service asks to wait ${wait} s` : records} />`;
    case "done":
      return html`<${Notice} kind="success" title="Exported">${records}<//>`;
    case "cancelled":
      return html`<${Notice} title="Cancelled">Nothing was saved.<//>`;
    case "failed":
      return html`<${Notice} kind="error" title="Not exported">${message}<//>`;
    default:
      return null;
  }
}

/** Texts as blobs of many, which a browser may keep on disk. */
async function collected(texts) {
  const blobs = [];
  let waiting = [];
  for await (const text of texts) {
    waiting.push(text);
    if (waiting.length >= MANY_PARTS) {
      blobs.push(new Blob(waiting));
      waiting = [];
    }
  }
  return [...blobs, ...waiting];
}
