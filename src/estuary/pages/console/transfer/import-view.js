/** Imports records from a file: first a trial, which keeps nothing and lists what is wrong by line, and then for good. */

import { useApp } from "../context.js";
import { html, useEffect, useRef, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Field } from "../parts/field.js";
import { Notice } from "../parts/notice.js";
import { Heading } from "../record/heading.js";
import { Refused } from "./exporting.js";
import { FORMATS, formatOf } from "./formats.js";
import { FormatChoice } from "./format-choice.js";
import { Progress, write } from "./importing.js";
import { ImportReport } from "./import-report.js";
import { chunksOf } from "./lines.js";

const NOTHING = { phase: "ready", part: "line", read: 0, settled: 0, broken: [], unknown: [], wait: 0, message: "" };

export default function ImportView({ resource }) {
  const app = useApp();
  const { rights, router } = app;
  const [file, setFile] = useState(null);
  const [format, setFormat] = useState("jsonl");
  const [by, setBy] = useState("");
  const [state, setState] = useState(NOTHING);
  const running = useRef(null);
  const progress = useRef(new Progress());
  const isHopeless = state.phase === "tried" && state.settled === state.broken.length;
  const isRunning = state.phase === "trying" || state.phase === "importing";
  const refused = resource.can.create ? rights.refusal(resource, "create") : "the service takes no new ones";
  useEffect(() => () => running.current?.abort(), []);
  const isBegun = !isRunning && state.phase !== "imported" && progress.current.written.size > 0;
  useEffect(() => (isRunning ? router.guard("The file is not at its end: the other records would not be imported.") : undefined), [isRunning]);

  /** Another file, or another way to read it: what was written of the one before is no part of it. */
  const begin = () => {
    progress.current = new Progress();
    setState(NOTHING);
  };
  const choose = ({ currentTarget }) => {
    const [chosen = null] = currentTarget.files;
    setFile(chosen);
    begin();
    if (chosen !== null) setFormat(formatOf(chosen.name) ?? format);
  };
  const again = (change) => (value) => {
    change(value);
    begin();
  };

  const run = async (trial) => {
    const stop = new AbortController();
    running.current = stop;
    setState({ ...NOTHING, phase: trial ? "trying" : "importing" });
    const update = (change) => setState((now) => ({ ...now, ...change(now) }));
    const chunks = chunksOf(file, { onRead: (bytes) => update(({ read }) => ({ read: read + bytes })) });
    const lines = noting(FORMATS[format].read(chunks, resource.fields), (news) => update(() => news));
    const broken = []; // one list that grows: a copy for each line would cost the square of a large file
    const options = {
      by: by === "" ? null : by,
      trial,
      progress: trial ? new Progress(progress.current.written) : progress.current,
      signal: stop.signal,
      onBroken: (line) => broken.push(line),
      onDone: (count) => update(({ settled }) => ({ settled: settled + count, broken, wait: 0 })),
      onPause: (milliseconds) => update(() => ({ wait: Math.ceil(milliseconds / 1000) })),
    };
    try {
      await write(app, resource, lines, options);
      update(() => ({ phase: trial ? "tried" : "imported" }));
    } catch (error) {
      const isOver = stop.signal.aborted;
      if (error instanceof Refused) rights.learn(resource, "create", error.answer);
      update(() => ({ phase: isOver ? "cancelled" : "failed", message: error.message, wasTrial: trial }));
    }
  };

  const uniques = resource.writable.filter(({ unique }) => unique);
  return html`
    <${Heading} resource=${resource} title=${`Import ${resource.name}`} />
    ${refused && html`<${Notice} kind="warning" title="You may not create records here">${refused}<//>`}
    <div class="card transfer">
      <${Field} label="File" hint="JSON, an object a line or an array of objects, or CSV, whose first line names the fields; in UTF-8.">
        ${(control) => html`<input class="input file" type="file" accept=".jsonl,.ndjson,.json,.csv" ...${control} disabled=${isRunning} onChange=${choose} />`}
      <//>
      <${FormatChoice} value=${format} disabled=${isRunning} onChange=${again(setFormat)} />
      ${
        uniques.length > 0 &&
        html`
          <${Field}
            label="Records that are there already"
            hint=${by === "" ? "One whose id or unique value is taken is reported as an error." : `Each changes the record that has its ${by}, or creates one.`}
          >
            ${(control) => html`
              <select
                class="input"
                ...${control}
                disabled=${isRunning}
                value=${by}
                onChange=${(event) => again(setBy)(event.currentTarget.value)}
              >
                <option value="">Leave them as they are</option>
                ${uniques.map(({ name, label }) => html`<option value=${name}>Change them, found by ${label}</option>`)}
              </select>
            `}
          <//>
        `
      }
      <div class="actions-start">
        ${
          isRunning
            ? html`<${Button} onClick=${() => running.current.abort()}>Cancel<//>`
            : html`
                <${Button}
                  kind=${state.phase === "tried" ? "plain" : "primary"}
                  disabled=${file === null}
                  refusal=${refused}
                  onClick=${() => run(true)}
                  >Try it first<//
                >
                <${Button}
                  kind=${state.phase === "tried" ? "primary" : "plain"}
                  disabled=${file === null || state.phase === "imported" || isHopeless}
                  refusal=${refused}
                  onClick=${() => run(false)}
                  >${isBegun ? "Go on" : "Import"}<//
                >
              `
        }
      </div>
      <${ImportReport} state=${state} size=${file?.size ?? 0} resource=${resource} format=${FORMATS[format]} />
    </div>
  `;
}

/** The lines as they come; what they are, and names in them that are no field's, is reported when it is first seen. */
async function* noting(lines, report) {
  const seen = new Set();
  let known = null;
  for await (const line of lines) {
    for (const name of line.unknown) seen.add(name);
    if (seen.size !== known) report({ part: line.part, unknown: [...seen] });
    known = seen.size;
    yield line;
  }
}
