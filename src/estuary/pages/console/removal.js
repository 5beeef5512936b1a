/** Records deleted and brought back, in batches: each is made whole or not at all. */

import { grouped } from "./counting.js";
import { newKey, patiently } from "./sending.js";

const AT_ONCE = 100;
const MOST_KEPT = 1000;
const SECONDS_TO_TRY_AGAIN = 60;

/** Why `count` deleted records could not be brought back as they were; null where they can. */
export function lossOf(resource, { config, session }, count = 1) {
  if (count > MOST_KEPT) return `That is offered for up to ${grouped(MOST_KEPT)} records.`;
  if (!resource.can.create) return `Nobody can create ${resource.title.toLowerCase()} again.`;
  const hidden = resource.fields.filter((field) => field.hidden);
  if (hidden.length > 0) return `${labels(hidden)} cannot be read, and so not be brought back.`;
  const stamped = resource.fields.filter(({ name, readOnly }) => readOnly && !["id", "created_at", "updated_at"].includes(name));
  if (stamped.length > 0) return `${labels(stamped)} would be set anew.`;
  if (config.owners && mayBeOthers(resource, session)) return "What is deleted may be somebody else's, and would become yours.";
  const taken = resource.referrers.filter(({ field }) => field.onDelete !== "restrict");
  return taken.length > 0 ? `It changes ${taken.map((each) => each.resource.title.toLowerCase()).join(", ")}, too.` : null;
}

/** Whether what one may delete may belong to somebody else: by a rule, or to a key that is for all owners. */
function mayBeOthers({ whose }, { credential }) {
  return whose.delete === undefined ? credential?.way === "key" : whose.delete.includes("all");
}

/** Deletes records by their ids, in batches, and calls `onDone` with how many are gone.
 *
 * `{deleted, refusal, culprit}`: the ids that are gone, and where one was refused, the answer and that id; of its
 * batch then nothing was deleted. One that somebody else has deleted meanwhile counts as gone. When `signal` ends it, the
 * batch under way is waited for, so that what is shown is what happened.
 */
export async function remove(app, resource, ids, { onDone, signal } = {}) {
  const deleted = [];
  const waiting = [...ids];
  while (waiting.length > 0 && !signal?.aborted) {
    const some = waiting.slice(0, AT_ONCE);
    const operations = some.map((id) => ({ method: "DELETE", path: resource.recordPath(id), headers: { "If-Match": "*" } }));
    const answer = await inBatch(app, operations, { signal });
    if (answer === null) break;
    const at = answer.body?.details?.operation;
    if (answer.ok) deleted.push(...waiting.splice(0, some.length));
    else if (isGone(answer) && at !== undefined) deleted.push(...waiting.splice(at, 1));
    else return { deleted, refusal: app.rights.learn(resource, "delete", answer, some[at]), culprit: some[at] };
    onDone?.(deleted.length);
  }
  return { deleted };
}

/** The whole records with these ids as they are now, `{records}`; those that are gone are missing. Else the `refusal`. */
export async function read(app, resource, ids) {
  const records = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) {
    const some = ids.slice(at, at + AT_ONCE);
    const query = [...some.map((id) => ["id.in", id]), ["limit", AT_ONCE], ["cursor", ""]];
    const answer = await patiently(() => app.api.request("GET", resource.path, { query }));
    if (!answer.ok) return { records, refusal: answer };
    records.push(...answer.body.items);
  }
  return { records };
}

/** Creates deleted records again, under their own ids, and takes those that are there from the list `records`; the answer
 * that refused the others, null where there are none. */
export async function restore(app, resource, records) {
  const names = resource.writable.map(({ name }) => name);
  while (records.length > 0) {
    const some = records.slice(0, AT_ONCE);
    const operations = some.map((record) => ({
      method: "PUT",
      path: resource.recordPath(record.id),
      headers: { "If-None-Match": "*" },
      body: Object.fromEntries(names.map((name) => [name, record[name]])),
    }));
    const answer = await inBatch(app, operations);
    if (!answer.ok) return answer;
    records.splice(0, some.length);
  }
  return null;
}

/** Shows that `records` are deleted, and, where `isWhole` says that all of them is there, offers for some seconds to bring
 * them back. Where that is refused it can be tried again: they are nowhere else. */
export function offerUndo(app, resource, records, { isWhole, onRestored }) {
  const message = records.length === 1 ? `Deleted “${resource.labelOf(records[0])}”` : `Deleted ${records.length} records`;
  const waiting = [...records];
  const present = [];
  const run = async () => {
    const refusal = await bringBack(app, resource, waiting, present);
    if (refusal === null) app.toasts.show(broughtBack(records.length, present.length));
    else {
      const action = { label: "Try again", run };
      app.toasts.show(`Not brought back: ${refusal.message}`, { kind: "error", action, seconds: SECONDS_TO_TRY_AGAIN });
    }
    onRestored?.();
  };
  app.toasts.show(message, isWhole ? { action: { label: "Undo", run } } : {});
}

/** As `restore`, but what is there already is moved to `present`: an attempt made it of which the answer was lost, or
 * somebody else did, whose it stays. */
async function bringBack(app, resource, waiting, present) {
  for (;;) {
    const refusal = await restore(app, resource, waiting);
    const place = refusal?.body?.details?.operation;
    if (refusal?.status !== 412 || place === undefined) return refusal;
    present.push(...waiting.splice(place, 1));
  }
}

function broughtBack(count, present) {
  if (count === 1) return present === 1 ? "It is there again already" : "Brought back";
  return `Brought back ${count - present} records${present > 0 ? `; there already: ${present}` : ""}`;
}

/** The answer to one batch, sent again where that is worth it; null where `signal` ended the pause before that. */
async function inBatch({ api, config }, operations, { signal } = {}) {
  const headers = { prefer: "return=minimal", "idempotency-key": `"${newKey()}"` };
  const send = () => api.request("POST", config.batch, { body: { operations }, headers });
  return patiently(send, { signal }).catch((error) => {
    if (signal?.aborted) return null;
    throw error;
  });
}

function isGone({ status }) {
  return status === 404 || status === 412;
}

function labels(fields) {
  return fields.map(({ label }) => label).join(", ");
}
