/** Lines of a file, written in batches: as a trial, which keeps nothing, or for good. */

import { isWorthRepeating, patiently, Submission } from "../sending.js";
import { stringify } from "../values/json.js";
import { Refused } from "./exporting.js";

const MOST_BYTES = 500_000;
const OTHER = { "If-None-Match": "If-Match", "If-Match": "If-None-Match" };

/**
 * The write that a record of a file becomes: under its id where it has one, which must be free then; by its value of the
 * unique field `by` where that is given, which creates the record or changes the one that has the value; else each is created.
 */
export function operationOf(resource, record, by) {
  const body = Object.fromEntries(
    resource.writable.filter(({ name }) => Object.hasOwn(record, name)).map(({ name }) => [name, record[name]]),
  );
  const value = by === null ? null : record[by];
  if (value !== null && value !== undefined && value !== "") {
    return { method: "PUT", path: `${resource.path}/by/${by}/${encodeURIComponent(String(value))}`, body };
  }
  if (typeof record.id !== "string") return { method: "POST", path: resource.path, body };
  return { method: "PUT", path: resource.recordPath(record.id), headers: { "If-None-Match": "*" }, body };
}

/** How far an import came, for one that goes on: which lines are written, by their numbers. */
export class Progress {
  /** The batch that was sent, and perhaps made, without an answer: it is sent again as it was, with its key. */
  unanswered = [];
  submission = new Submission();
  /** What is guessed of a record that is found by a value, where the service requires it (REQUIRE_IF_MATCH). */
  precondition = null;

  constructor(written = []) {
    this.written = new Set(written);
  }
}

/**
 * Writes `lines`, as a format reads them, in batches of at most `most`, each of which is made as a whole. A line that cannot
 * be written is left out of its batch, and given to `onBroken`: `{at, text, faults}`. `onDone` is called with how many lines are
 * settled. With `trial` nothing is kept. Throws `Refused` where the answer is not of a line.
 *
 * `signal` ends it between two batches, with the exception that it holds. When it has ended before all was written, it goes
 * on where it is called again with the same file and `progress`: nothing is written twice.
 */
export async function write({ api, config }, resource, lines, { by = null, most = 100, progress = new Progress(), ...given }) {
  const options = { api, path: config.batch, progress, ...given };
  const { trial, onBroken, onDone } = given;
  const seen = new Map();
  const earlier = new Set(progress.written);
  const resent = trial ? [] : progress.unanswered;
  await sendAll(resent, resent.length, options);
  const settled = new Set(resent.map(({ line }) => line.at));
  let size = most;
  let batch = [];
  let bytes = 0;
  const flush = async () => {
    size = await sendAll(batch, size, options);
    batch = [];
    bytes = 0;
  };
  for await (const line of lines) {
    if (settled.has(line.at)) continue;
    if (earlier.has(line.at)) {
      onDone(1);
      continue;
    }
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
  const { progress, trial, onBroken, onDone, signal } = options;
  const waiting = [...all];
  let most = atMost;
  let size = most;
  while (waiting.length > 0) {
    signal?.throwIfAborted();
    const batch = waiting.slice(0, size);
    const answer = await sent(batch, options);
    const place = answer.body.details?.operation ?? 0;
    if (answer.ok) {
      waiting.splice(0, batch.length);
      if (!trial) batch.forEach(({ line }) => progress.written.add(line.at));
      onDone(batch.length);
      size = Math.min(most, size * 2);
    } else if (isOfLine(answer, batch)) {
      if (guessAgain(answer, batch, place, progress)) continue;
      waiting.splice(place, 1);
      onBroken({ ...batch[place].line, faults: faultsOf(answer, batch[place]) });
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

/**
 * Guesses again whether the record at `place` is there, where the answer is about that alone: a service with REQUIRE_IF_MATCH
 * requires it. What follows is likely to be alike, for a file is often all new, or all there.
 */
function guessAgain({ status }, batch, place, progress) {
  const { operation, precondition } = batch[place];
  const guess = progress.precondition;
  if (!isUpsert(operation) || precondition !== undefined) return false;
  if (status === 428 && guess === null) {
    progress.precondition = "If-None-Match";
    return true;
  }
  if (status !== 412 || guess === null) return false;
  for (const before of batch.slice(0, place)) before.precondition ??= guess;
  progress.precondition = OTHER[guess];
  batch[place].precondition = OTHER[guess];
  return true;
}

function isUpsert({ method, headers }) {
  return method === "PUT" && headers === undefined;
}

/** Whether an answer is of one line, and not of who asks, or of the batch. */
function isOfLine({ status, body }, batch) {
  const isTooLarge = batch.length === 1 && status === 413;
  return isTooLarge || (body.details?.operation !== undefined && status !== 403);
}

/** The answer to a batch, which is waited for: what `signal` may end is the pause before it is sent again. */
async function sent(batch, { api, path, trial, progress, signal, onPause }) {
  const request = { body: { operations: batch.map((entry) => stated(entry, progress)) } };
  const { headers } = progress.submission.keyed(request);
  const query = trial ? { validate_only: "true" } : {};
  progress.unanswered = batch;
  const answer = await patiently(() => api.request("POST", path, { ...request, headers, query }), { signal, onPause });
  if (!isWorthRepeating(answer)) {
    progress.unanswered = [];
    progress.submission.settle();
  }
  return answer;
}

/** The operation of a line; one that finds its record by a value says whether that is there, where this is asked. */
function stated({ operation, precondition }, progress) {
  const guess = precondition ?? progress.precondition;
  return isUpsert(operation) && guess !== null ? { ...operation, headers: { [guess]: "*" } } : operation;
}

function faultsOf(answer, { operation }) {
  if (answer.violations.length > 0) return answer.violations;
  if (answer.status === 412 && !isUpsert(operation)) return [{ field: "id", message: "Another record has this id" }];
  return [{ field: "", message: answer.message }];
}

/** What only the whole file shows: that an id, or the value of `by`, is there twice. */
function repeated({ part, at, record }, by, seen) {
  const name = by ?? "id";
  const value = record[name];
  if (value === undefined || value === null) return [];
  const first = seen.get(String(value));
  seen.set(String(value), first ?? at);
  return first === undefined ? [] : [{ field: name, message: `Is in ${part} ${first} as well` }];
}
