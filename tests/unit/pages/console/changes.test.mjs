import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, patch } from "../../../../src/estuary/pages/console/form/changes.js";
import { compare, settle } from "../../../../src/estuary/pages/console/form/conflict.js";
import { ABSENT, entriesOf, NULL } from "../../../../src/estuary/pages/console/form/entries.js";
import { withParts } from "../../../../src/estuary/pages/console/form/fields.js";

const field = (name, kind, schema = {}, rest = {}) =>
  withParts({
    name,
    label: name,
    kind,
    schema,
    description: "",
    optional: false,
    required: false,
    hidden: false,
    choices: [],
    ...rest,
  });
const SIZE = {
  type: "object",
  properties: { width: { type: "integer" }, height: { type: "integer" } },
  required: ["width", "height"],
};
const FIELDS = [
  field("title", "text"),
  field("stock", "integer"),
  field("note", "text", {}, { optional: true }),
  field("seen", "timestamp", {}, { optional: true }),
  field("size", "nested", SIZE, { optional: true }),
  field("extra", "object"),
  field("secret", "text", {}, { hidden: true }),
];
const RECORD = {
  title: "a",
  stock: 1,
  note: "n",
  seen: "2026-11-30T09:34:03.348407Z",
  size: { width: 1, height: 2 },
  extra: { a: 1, b: { c: 2 } },
};
const BEGAN = entriesOf(FIELDS, RECORD);
const value = (text) => ({ state: "value", text });

function changed(entries, faults = []) {
  return changesOf(FIELDS, RECORD, BEGAN, { ...BEGAN, ...entries }, faults);
}

test("only what changed is sent: nothing, a field, null, a member, a hidden one", () => {
  const size = { state: "value", members: { width: value("5"), height: value("2") } };
  assert.deepEqual(changed({}), { method: "PATCH", body: {} });
  assert.deepEqual(changed({ title: value("b") }).body, { title: "b" });
  assert.deepEqual(changed({ title: value("a") }).body, {});
  assert.deepEqual(changed({ extra: value('{"b":{"c":2},"a":1}') }).body, {});
  assert.deepEqual(changed({ note: NULL }).body, { note: null });
  assert.deepEqual(changed({ size }).body, { size: { width: 5 } });
  assert.deepEqual(changed({ size: NULL }).body, { size: null });
  assert.deepEqual(changed({ secret: value("s") }).body, { secret: "s" });
  assert.deepEqual(changed({ extra: value('{"b":{"c":2,"d":[]}}') }).body, { extra: { a: null, b: { d: [] } } });
});

test("a merge patch makes what it is to make", () => {
  assert.deepEqual(patch({ a: 1, b: 2 }, { b: 3, c: {} }), { a: null, b: 3, c: {} });
  assert.deepEqual(patch(null, { a: 1 }), { a: 1 });
  assert.deepEqual(patch([1], [2]), [2]);
});

test("a member that is to be null needs a PUT, which cannot clear fields as well", () => {
  assert.deepEqual(changed({ extra: value('{"a":null}'), title: value("b") }), {
    method: "PUT",
    body: { title: "b", extra: { a: null } },
  });
  const faults = [];
  changed({ extra: value('{"a":null}'), note: NULL }, faults);
  assert.deepEqual(faults, [{ field: "extra", message: "Save members that are null apart from fields that are" }]);
});

test("a field that cannot be null and is emptied is reported, not left as it was", () => {
  const faults = [];
  const size = { state: "value", members: { width: ABSENT, height: value("2") } };
  changed({ stock: ABSENT, size }, faults);
  assert.deepEqual(faults, [
    { field: "stock", message: "Is required" },
    { field: "size.width", message: "Is required" },
  ]);
});

test("what somebody else changed is theirs, what both did is contested, what both did alike is neither", () => {
  const theirs = { ...RECORD, title: "theirs", stock: 2, note: "same" };
  const mine = { ...BEGAN, title: value("mine"), note: value("same"), extra: value("{}") };
  const { contested, taken } = compare(FIELDS, BEGAN, mine, theirs);
  assert.deepEqual(
    contested.map((each) => [each.field.name, each.mine.text, each.theirs.text]),
    [["title", "mine", "theirs"]],
  );
  assert.deepEqual(
    taken.map((each) => each.field.name),
    ["stock"],
  );
});

test("a settled conflict sends what was chosen, on top of what is there", () => {
  const theirs = { ...RECORD, title: "theirs", stock: 2 };
  const mine = { ...BEGAN, title: value("mine"), extra: value("{}"), secret: value("s") };
  const sent = (keeps) => {
    const settled = settle(FIELDS, BEGAN, mine, theirs, new Set(keeps));
    return changesOf(FIELDS, settled.record, settled.began, settled.entries, []).body;
  };
  assert.deepEqual(sent(["title"]), { title: "mine", extra: { a: null, b: null }, secret: "s" });
  assert.deepEqual(sent([]), { extra: { a: null, b: null }, secret: "s" });
});
