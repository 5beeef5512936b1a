import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ABSENT,
  blanks,
  empty,
  emptyTexts,
  entriesOf,
  NULL,
  typed,
  valuesOf,
} from "../../../../src/estuary/pages/console/form/entries.js";
import { hintOf, isLong, withParts } from "../../../../src/estuary/pages/console/form/fields.js";
import { Numeral, parse } from "../../../../src/estuary/pages/console/values/json.js";

const field = (name, kind, schema = {}, rest = {}) =>
  withParts({
    name,
    label: name,
    kind,
    schema,
    description: "",
    optional: false,
    required: false,
    choices: [],
    ...rest,
  });
const SIZE = {
  type: "object",
  properties: {
    width: { type: "number", exclusiveMinimum: 0 },
    unit: { type: "string", enum: ["mm", "in"] },
    note: { type: ["string", "null"] },
  },
  required: ["width"],
};
const FIELDS = [
  field("title", "text", {}, { required: true }),
  field("serial", "integer"),
  field("weight", "float", {}, { optional: true }),
  field("price", "decimal"),
  field("sold", "boolean"),
  field("seen", "timestamp", {}, { optional: true }),
  field("tags", "list", { items: { type: "string" } }),
  field("size", "nested", SIZE, { optional: true }),
  field("extra", "object"),
];

test("a new form leaves out what has a default, and begins empty with what has none", () => {
  const faults = [];
  assert.deepEqual(valuesOf(FIELDS, blanks(FIELDS), faults), { title: "" });
  assert.deepEqual(faults, []);
});

test("texts that are empty and must not be are told by their paths", () => {
  const name = field("name", "text", { minLength: 1 }, { required: true });
  const note = field("note", "text", {}, { required: true });
  const maker = field("maker", "nested", {
    type: "object",
    properties: { city: { type: "string", minLength: 1 } },
    required: ["city"],
  });
  const fields = [name, note, maker];
  const nothing = { ...blanks(fields), maker: empty(maker) };
  const told = ["name", "maker.city"].map((path) => ({ field: path, message: "Is required" }));
  assert.deepEqual(emptyTexts(fields, nothing), told);
  const written = { ...nothing, name: typed(name, "x"), maker: ABSENT };
  assert.deepEqual(emptyTexts(fields, written), []);
});

test("the entries of a record mean the record, whatever its numbers are", () => {
  const record = parse(`{"title":"","serial":12345678901234567890,"weight":1.0,"price":"12.30","sold":false,"seen":null,
    "tags":["a",""],"size":{"width":1.50,"unit":"mm","note":null},"extra":{"n":null,"f":1e5}}`);
  const faults = [];
  assert.deepEqual(valuesOf(FIELDS, entriesOf(FIELDS, record), faults), record);
  assert.deepEqual(faults, []);
});

test("a list with many entries is edited as JSON, and means the same", () => {
  const record = { tags: Array.from({ length: 60 }, (_, place) => `tag ${place}`) };
  const [tags] = FIELDS.filter(({ name }) => name === "tags");
  const entries = entriesOf([tags], record);
  assert.equal(typeof entries.tags.text, "string");
  assert.deepEqual(valuesOf([tags], entries, []), record);
});

test("what cannot be written as JSON is reported at its field, by its path", () => {
  const value = (text, bad) => ({ state: "value", text, bad });
  const size = { state: "value", members: { width: value("wide"), unit: ABSENT, note: NULL } };
  const entries = {
    title: value("t"),
    serial: value("1.5"),
    weight: value(".5"),
    sold: value(""),
    seen: value("", true),
    size,
    extra: value("[]"),
    price: ABSENT,
    tags: ABSENT,
  };
  const faults = [];
  valuesOf(FIELDS, entries, faults);
  assert.deepEqual(Object.fromEntries(faults.map(({ field: at, message }) => [at, message])), {
    serial: "Must be a whole number, such as 42",
    weight: "Must be a number, such as 12.5 or 1e6",
    sold: "Choose true or false",
    seen: "Complete the date and the time, or clear them",
    "size.width": "Must be a number, such as 12.5 or 1e6",
    extra: "Must be a JSON object: {…}",
  });
});

test("a whole number is sent as it is typed, without zeros in front", () => {
  const [serial] = FIELDS.filter(({ name }) => name === "serial");
  const sent = (text) => valuesOf([serial], { serial: { state: "value", text } }, []).serial;
  assert.deepEqual([sent("007"), sent("-0012"), sent(" 9007199254740993 ")], [7, -12, new Numeral("9007199254740993")]);
});

test("a control that is emptied means null where that is allowed, an empty text for a text, else nothing", () => {
  const kinds = (kind, rest) => typed(field("f", kind, {}, rest), "");
  assert.deepEqual(kinds("text", {}), { state: "value", text: "" });
  assert.deepEqual(kinds("text", { optional: true }), NULL);
  assert.deepEqual(kinds("integer", { optional: true }), NULL);
  assert.deepEqual(kinds("integer", {}), ABSENT);
  assert.deepEqual(kinds("integer", { required: true }), { state: "value", text: "" });
  assert.deepEqual(typed(field("f", "timestamp", {}, { optional: true }), "", true), {
    state: "value",
    text: "",
    bad: true,
  });
});

test("what is added to a form is empty, with what its own fields demand", () => {
  const [size] = FIELDS.filter(({ name }) => name === "size");
  assert.deepEqual(empty(size), {
    state: "value",
    members: { width: { state: "value", text: "" }, unit: ABSENT, note: ABSENT },
  });
});

test("rules are shown in words, and a text that may be long has several lines", () => {
  const hints = (kind, schema, rest) => hintOf(field("f", kind, schema, rest));
  assert.equal(
    hints("text", { minLength: 1, maxLength: 20 }, { description: "On its spine." }),
    "On its spine. · 1 to 20 characters",
  );
  assert.equal(hints("text", { minLength: 1 }), "At least 1 character");
  assert.equal(hints("integer", { minimum: 0, maximum: 9007199254740991 }), "At least 0");
  assert.equal(hints("float", { exclusiveMinimum: 0, exclusiveMaximum: 40 }), "More than 0, less than 40");
  assert.equal(
    hints("list", { maxItems: 8, items: { type: "string", maxLength: 30 } }),
    "At most 8 entries, each at most 30 characters",
  );
  assert.equal(
    hints("decimal", { pattern: "^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,2})?$" }),
    "Up to 2 digits behind the point",
  );
  assert.equal(hints("text", {}, { hidden: true }), "Written, never shown");
  assert.deepEqual([isLong({ schema: {} }), isLong({ schema: { maxLength: 255 } })], [true, false]);
});
