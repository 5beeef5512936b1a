import assert from "node:assert/strict";
import { test } from "node:test";
import { operationOf, Progress, write } from "../../../../src/estuary/pages/console/transfer/importing.js";

const BOOKS = {
  path: "/api/v1/books",
  recordPath: (id) => `/api/v1/books/${id}`,
  writable: [{ name: "title" }, { name: "isbn" }],
};

test("a record becomes the write that its id, or its unique value, asks for; what the server sets is left out", () => {
  const record = { id: "01a2", title: "a", isbn: "a/b", created_at: "2026-11-30T09:34:03Z" };
  const body = { title: "a", isbn: "a/b" };
  assert.deepEqual(operationOf(BOOKS, record, null), {
    method: "PUT",
    path: "/api/v1/books/01a2",
    headers: { "If-None-Match": "*" },
    body,
  });
  assert.deepEqual(operationOf(BOOKS, record, "isbn"), { method: "PUT", path: "/api/v1/books/by/isbn/a%2Fb", body });
  assert.deepEqual(operationOf(BOOKS, { title: "a" }, "isbn"), {
    method: "POST",
    path: "/api/v1/books",
    body: { title: "a" },
  });
});

/** A service that takes batches of at most `most`, and refuses those titles that are "bad"; it counts what it is sent. */
function service(most) {
  const kept = [];
  const sizes = [];
  const request = async (method, path, { body: { operations }, query }) => {
    sizes.push(operations.length);
    const answer = (status, body) => ({
      status,
      ok: status === 200,
      headers: new Headers(),
      body,
      message: body.message,
      violations: [],
    });
    if (operations.length > most) return answer(400, { message: "too many" });
    const place = operations.findIndex(({ body }) => body.title === "bad");
    if (place >= 0) return answer(422, { message: "is bad", details: { operation: place } });
    if (!query.validate_only) kept.push(...operations.map(({ body }) => body.title));
    return answer(200, {});
  };
  return { api: { request }, kept, sizes };
}

async function imported(titles, most, trial = false) {
  const { api, kept, sizes } = service(most);
  const broken = [];
  let settled = 0;
  const lines = titles.map((title, place) => ({
    part: "line",
    at: place + 1,
    text: title,
    record: { title },
    faults: [],
    unknown: [],
  }));
  const options = { trial, onBroken: ({ at }) => broken.push(at), onDone: (count) => (settled += count) };
  await write({ api, config: { batch: "/api/v1/batch" } }, BOOKS, lines, options);
  return { kept, sizes, broken, settled };
}

test("all lines but the broken are written once, in order, whatever the service takes at once", async () => {
  const titles = Array.from({ length: 250 }, (_, place) => (place % 70 === 5 ? "bad" : `t${place}`));
  for (const most of [1000, 100, 30, 1]) {
    const { kept, broken, settled } = await imported(titles, most);
    assert.deepEqual(
      kept,
      titles.filter((title) => title !== "bad"),
      String(most),
    );
    assert.deepEqual([broken, settled], [[6, 76, 146, 216], 250], String(most));
  }
});

test("a trial writes nothing, and tells the same", async () => {
  const { kept, broken } = await imported(["a", "bad", "b"], 100, true);
  assert.deepEqual([kept, broken], [[], [2]]);
});

test("a file of broken lines costs about as many operations as it has lines", async () => {
  const { sizes, broken } = await imported(Array(300).fill("bad"), 100);
  assert.equal(broken.length, 300);
  assert.ok(sizes.reduce((sum, size) => sum + size) < 1000, String(sizes));
});

/** The outcome of importing `titles` by their ISBN, which is their title, into a service that answers by `answering`. */
async function sentBy(answering, titles, progress = new Progress(), rest = {}) {
  const sent = [];
  const request = async (method, path, { body, headers }) => {
    sent.push({ operations: body.operations, key: headers["idempotency-key"] });
    const { status, operation } = answering(body.operations, sent.length);
    const details = operation === undefined ? undefined : { operation };
    return { status, ok: status === 200, headers: new Headers({ "retry-after": "0" }), body: { details }, message: "no", violations: [] };
  };
  const broken = [];
  let settled = 0;
  const lines = titles.map((title, place) => ({ part: "line", at: place + 1, text: title, record: { title, isbn: title }, faults: [], unknown: [] }));
  const options = { trial: false, progress, onBroken: ({ at }) => broken.push(at), onDone: (count) => (settled += count), ...rest };
  const ended = await write({ api: { request }, config: { batch: "/b" } }, BOOKS, lines, options).then(() => null, (error) => error);
  return { sent, broken, settled, ended };
}

test("an import that ended goes on: what was not answered is sent as it was, with its key, and nothing twice", async () => {
  const titles = Array.from({ length: 250 }, (_, place) => `t${place}`);
  const progress = new Progress();
  const stop = new AbortController();
  const first = await sentBy(
    (operations, number) => {
      if (number === 1) return { status: 422, operation: 5 };
      if (number === 3) stop.abort(); // the answer to this one is lost, and it is not sent again
      return { status: number === 2 ? 200 : 503 };
    },
    titles,
    progress,
    { signal: stop.signal },
  );
  assert.deepEqual([first.settled, first.broken, first.ended.name], [51, [6], "AbortError"]);
  const second = await sentBy(() => ({ status: 200 }), titles, progress);
  assert.deepEqual(second.sent[0], first.sent[2]);
  assert.deepEqual([second.settled, second.broken], [250, []]);
  const made = [first.sent[1], ...second.sent].flatMap(({ operations }) => operations.map(({ body }) => body.title));
  assert.deepEqual(made.sort(), titles.sort());
});

test("lines that read the same are each written: their batches have keys of their own", async () => {
  const { sent } = await sentBy(() => ({ status: 200 }), Array(200).fill("same"));
  assert.equal(new Set(sent.map(({ key }) => key)).size, 2);
});

test("where the service requires to know whether a record is there, that is found out", async () => {
  const there = new Set(["c", "d", "e"]);
  const made = [];
  const answering = (operations) => {
    const place = operations.findIndex(({ body: { title }, headers = {} }) => headers[there.has(title) ? "If-Match" : "If-None-Match"] !== "*");
    if (place >= 0) return { status: operations[place].headers ? 412 : 428, operation: place };
    made.push(...operations.map(({ body }) => body.title));
    return { status: 200 };
  };
  const { sent, broken, settled } = await sentBy(answering, ["a", "b", "c", "d", "e", "f"], new Progress(), { by: "isbn" });
  assert.deepEqual([made, broken, settled], [["a", "b", "c", "d", "e", "f"], [], 6]);
  assert.equal(sent.length, 4); // none known, all new, the others there, the last one new again
});
