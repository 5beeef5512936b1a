/** Lines of a file, written in batches: as a trial, which keeps nothing, or for good. */

import { patiently, Submission } from "../sending.js";
import { stringify } from "../values/json.js";
import { Refused } from "./exporting.js";

const MOST_BYTES = 500_000;

/**
 * The write that a record of a file becomes: under its id where it has one, which must be free then; by its value of the
 * unique field `by` where that is given, which creates the record or changes the one that has the value; else anew.
 */
export function operationOf(resource, record, by) {
  const body = Object.fromEntries(
    resource.writable.filter(({ name }) => name in record).map(({ name }) => [name, record[name]]),
  );
  const value = by === null ? null : record[by];
  if (value !== null && value !== undefined && value !== "") {
    return { method: "PUT", path: `${resource.path}/by/${by}/${encodeURIComponent(String(value))}`, body };
  }
  if (typeof record.id !== "string") return { method: "POST", path: resource.path, body };
  return { method: "PUT", path: resource.recordPath(record.id), headers: { "If-None-Match": "*" }, body };
}

/**
 * Writes `lines`, as a format reads them, in batches of at most `most`, each of which is made as a whole. A line that cannot
 * be written is left out of its batch, and told to `onBroken`: `{at, text, faults}`. `onDone` is told how many lines are
 * settled. With `trial` nothing is kept. Throws `Refused` where the answer is not of a line.
 */
export async function write({ api, config }, resource, lines, { by = null, most = 100, ...given }) {
  const options = { api, path: config.batch, ...given };
  const { trial, onBroken, onDone } = given;
  const seen = new Map();
  let size = most;
  let batch = [];
  let bytes = 0;
  const flush = async () => {
    size = await sendAll(batch, size, options);
    batch = [];
    bytes = 0;
  };
  for await (const line of lines) {
    const faults = [...line.faults, ...(trial ? repeated(line, by, seen) : [])];
    if (faults.length > 0) {
      onBroken({ ...line, faults });
      onDone(1);
      continue;
    }
    const operation = operationOf(resource, line.record, by);
    const length = stringify(operation).length;
    if (batch.length > 0 && (batch.length >= size || bytes + length > MOST_BYTES)) await flush();
    batch.push({ line, operation });
    bytes += length;
  }
  await flush();
}

/**
 * Sends lines in batches until none is left; gives how many a batch may have at most. A batch that holds a broken line is
 * made of none, so the next one is half as large, down to single lines; while all goes well they grow again.
 */
async function sendAll(all, atMost, options) {
  const { onBroken, onDone } = options;
  const waiting = [...all];
  let most = atMost;
  let size = most;
  while (waiting.length > 0) {
    const batch = waiting.slice(0, size);
    const answer = await sent(batch, options);
    if (answer.ok) {
      waiting.splice(0, batch.length);
      onDone(batch.length);
      size = Math.min(most, size * 2);
    } else if (isOfLine(answer, batch)) {
      const [{ line }] = waiting.splice(answer.body.details?.operation ?? 0, 1);
      onBroken({ ...line, faults: faultsOf(answer) });
      onDone(1);
      size = Math.ceil(batch.length / 2);
    } else if (batch.length > 1 && (answer.status === 400 || answer.status === 413)) {
      most = Math.ceil(batch.length / 2); // there are more operations, or bytes, than the service takes at once
      size = most;
    } else {
      throw new Refused(answer);
    }
  }
  return most;
}

/** Whether an answer is of one line, and not of who asks, or of the batch. */
function isOfLine({ status, body }, batch) {
  const isTooLarge = batch.length === 1 && status === 413;
  return isTooLarge || (body.details?.operation !== undefined && status !== 403);
}

function sent(batch, { api, path, trial, signal, onPause }) {
  const request = { body: { operations: batch.map(({ operation }) => operation) } };
  const { headers } = new Submission().keyed(request);
  const query = trial ? { validate_only: "true" } : {};
  return patiently(() => api.request("POST", path, { ...request, headers, query, signal }), { signal, onPause });
}

function faultsOf(answer) {
  if (answer.violations.length > 0) return answer.violations;
  if (answer.status === 412) return [{ field: "id", message: "Another record has this id" }];
  return [{ field: "", message: answer.message }];
}

/** What only the whole file tells: that an id, or the value of `by`, is there twice. */
function repeated({ at, record }, by, seen) {
  const name = by ?? "id";
  const value = record[name];
  if (value === undefined || value === null) return [];
  const first = seen.get(String(value));
  seen.set(String(value), first ?? at);
  return first === undefined ? [] : [{ field: name, message: `Is in line ${first} as well` }];
}
