import assert from "node:assert/strict";
import { test } from "node:test";
import { operationOf, write } from "../../../../src/estuary/pages/console/transfer/importing.js";

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
