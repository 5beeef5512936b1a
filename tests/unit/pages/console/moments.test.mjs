import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fromLocal, toLocal } from "../../../../src/estuary/pages/console/form/moments.js";

const before = process.env.TZ;
after(() => (before === undefined ? delete process.env.TZ : (process.env.TZ = before)));

test("a moment is shown in local time, and means the same again", () => {
  process.env.TZ = "America/New_York";
  assert.equal(toLocal("2026-07-31T09:00:00.123456Z"), "2026-07-31T05:00:00.123");
  assert.equal(toLocal("2026-01-31T09:00:00.000000Z"), "2026-01-31T04:00:00");
  assert.equal(fromLocal("2026-01-31T04:00:00"), "2026-01-31T09:00:00.000Z");
  assert.equal(fromLocal(toLocal("0987-06-05T04:03:02.000000Z")), "0987-06-05T04:03:02.000Z");
});

test("what is no moment is nothing", () => {
  assert.deepEqual([toLocal(""), toLocal("soon"), fromLocal("")], ["", "", ""]);
});
