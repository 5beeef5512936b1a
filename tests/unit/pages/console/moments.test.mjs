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

test("digits that are not shown stay, until those that are shown change", () => {
  process.env.TZ = "America/New_York";
  const before = "2026-07-31T09:00:00.123456Z";
  assert.equal(fromLocal("2026-07-31T05:00:00.123", before), before);
  assert.equal(fromLocal("2026-07-31T05:01:00.123", before), "2026-07-31T09:01:00.123456Z");
  assert.equal(fromLocal("2026-07-31T05:00:00.124", before), "2026-07-31T09:00:00.124Z");
  assert.equal(fromLocal("2026-07-31T05:00:01", "2026-07-31T09:00:00.000001Z"), "2026-07-31T09:00:01.000001Z");
  assert.equal(fromLocal("2026-07-31T05:00", "2026-07-31T11:00:00+02:00"), "2026-07-31T09:00:00.000Z");
});

test("of two moments that a clock shows alike, the one that it was is kept", () => {
  process.env.TZ = "America/New_York";
  for (const hour of ["05", "06"]) {
    const moment = `2026-11-01T${hour}:30:00.000000Z`;
    assert.equal(fromLocal(toLocal(moment), moment), moment);
  }
});

test("digits that are typed are sent", () => {
  process.env.TZ = "America/New_York";
  assert.equal(fromLocal("2026-07-31T05:00:00.123456", ""), "2026-07-31T09:00:00.123456Z");
  assert.equal(fromLocal("2026-07-31T11:00:00.123456+02:00", "2026-07-31T09:00:00.123789Z"), "2026-07-31T09:00:00.123456Z");
});

test("what is no moment is nothing", () => {
  assert.deepEqual([toLocal(""), toLocal("soon"), fromLocal("")], ["", "", ""]);
});
