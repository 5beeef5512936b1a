import assert from "node:assert/strict";
import { test } from "node:test";
import {
  briefly,
  isWorthRepeating,
  newId,
  newKey,
  patiently,
  Submission,
} from "../../../../src/estuary/pages/console/sending.js";

const answer = (status, headers = {}) => ({ status, headers: new Headers(headers) });

test("the same request keeps its key until it is carried out; another one has another", () => {
  const submission = new Submission();
  const key = (body) => submission.keyed({ method: "POST", path: "/books", body }).headers["idempotency-key"];
  const first = key({ title: "a" });
  assert.match(first, /^"[0-9a-f]{32}"$/);
  assert.equal(key({ title: "a" }), first);
  const second = key({ title: "b" });
  assert.notEqual(second, first);
  submission.settle();
  assert.notEqual(key({ title: "b" }), second);
});

test("only what was not settled or came too early is sent again", () => {
  const worth = [answer(0), answer(429), answer(502), answer(503), answer(504), answer(409, { "retry-after": "1" })];
  assert.ok(worth.every(isWorthRepeating));
  assert.ok(![answer(200), answer(409), answer(412), answer(422), answer(500)].some(isWorthRepeating));
});

test("it is sent so many times where the service fails, and as often as it takes where it asks to wait", async () => {
  const count = async (statuses) => {
    let sent = 0;
    const last = await patiently(async () => answer(statuses[sent++], { "retry-after": "0" }), { attempts: 2 });
    return [sent, last.status];
  };
  assert.deepEqual(await count([503, 503, 200]), [2, 503]);
  assert.deepEqual(await count([429, 429, 429, 201]), [4, 201]);
});

test("who looks on is told soon: after few attempts, and at once where a long pause is asked for", async () => {
  const count = async (...retryAfter) => {
    let sent = 0;
    const last = await briefly(async () => answer(429, { "retry-after": retryAfter[sent++] }));
    return [sent, last.headers.get("retry-after")];
  };
  assert.deepEqual(await count("0", "0", "0"), [3, "0"]);
  assert.deepEqual(await count("0", "30"), [2, "30"]);
});

test("without a word of the service the pause is half a second at least", async () => {
  const stop = new AbortController();
  const pauses = [];
  const onPause = (milliseconds) => {
    pauses.push(milliseconds);
    stop.abort();
  };
  await assert.rejects(patiently(async () => answer(0), { signal: stop.signal, onPause }));
  assert.ok(pauses[0] >= 500 && pauses[0] <= 1000, String(pauses));
});

test("a pause ends when it is given up", async () => {
  const stop = new AbortController();
  const sending = patiently(async () => answer(429, { "retry-after": "600" }), {
    signal: stop.signal,
    onPause: () => setTimeout(() => stop.abort()),
  });
  await assert.rejects(sending, { name: "AbortError" });
});

test("ids are UUIDs of version 4, and keys differ", () => {
  assert.match(newId(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(newKey(), newKey());
});
