import assert from "node:assert/strict";
import { test } from "node:test";
import { columnsOf, expandedOf, fieldsOf } from "../../../../src/estuary/pages/console/table/columns.js";
import { conditionWords, orderedOperators } from "../../../../src/estuary/pages/console/table/operators.js";
import {
  conditionPairs,
  listKey,
  listQuery,
  parseState,
  sortedBy,
  stateAddress,
} from "../../../../src/estuary/pages/console/table/state.js";
import { Trail } from "../../../../src/estuary/pages/console/table/trail.js";
import { parseHash } from "../../../../src/estuary/pages/console/router.js";
import { Resource } from "../../../../src/estuary/pages/console/schema.js";

const field = (name, kind, rest = {}) => ({ name, kind, label: name, operators: ["eq"], ...rest });
const stamps = [field("created_at", "timestamp"), field("updated_at", "timestamp")];
const resource = (...fields) =>
  new Resource({ name: "books", fields: [field("id", "uuid"), ...fields, ...stamps], referrers: [] });

/** What a tab keeps. */
class Storage {
  kept = new Map();
  getItem = (name) => this.kept.get(name) ?? null;
  setItem = (name, text) => this.kept.set(name, text);
}

test("an address says all of a table's state, whatever stands in it", () => {
  const state = {
    conditions: [
      { field: "title", operator: "contains", values: ["a&b=c + %2B ü"] },
      { field: "limit", operator: "eq", values: ["5"] },
      { field: "binding", operator: "in", values: ["paper", "cloth"] },
      { field: "note", operator: "eq", values: [""] },
    ],
    sort: [
      { field: "pages", descends: true },
      { field: "title", descends: false },
    ],
    columns: ["title", "pages"],
    limit: 100,
    cursor: "abc_-",
  };
  const address = stateAddress({ name: "books" }, state);
  const { path, query } = parseHash(address);
  assert.equal(path, "resources/books");
  assert.deepEqual(parseState(query), state);
});

test("an address without anything, or with what is no state, is the usual table", () => {
  const usual = { conditions: [], sort: [], columns: null, limit: 50, cursor: "" };
  assert.deepEqual(parseState([]), usual);
  assert.deepEqual(parseState([["limit", "7"]]), usual);
  assert.equal(stateAddress({ name: "books" }, usual), "#/resources/books");
});

test("a condition is as the API spells it, and none is passed over", () => {
  const asked = (...pairs) => conditionPairs(parseState(pairs).conditions);
  assert.deepEqual(asked(["author", "7"], ["limit.eq", "5"]), [
    ["author.eq", "7"],
    ["limit.eq", "5"],
  ]);
  assert.deepEqual(asked(["titel", "x"], ["author.eq.x", "7"], ["author.", "7"]), [
    ["titel.eq", "x"],
    ["author.eq.x", "7"],
    ["author.", "7"],
  ]);
});

test("the API is asked for a page by cursor, with the fields that are shown", () => {
  const state = parseState([["pages.gte", "5"], ["sort", "-pages"]]);
  assert.deepEqual(listQuery(state, ["id", "title"], ["author"]), [
    ["pages.gte", "5"],
    ["limit", 50],
    ["cursor", ""],
    ["sort", "-pages"],
    ["expand", "author"],
    ["fields", "id,title"],
  ]);
  assert.deepEqual(conditionPairs([{ field: "a", operator: "in", values: ["1", "2"] }]), [
    ["a.in", "1"],
    ["a.in", "2"],
  ]);
});

test("a column's head orders up, down and not; with Shift, after the keys that there are, at most three", () => {
  const up = sortedBy([], "a", false);
  const down = sortedBy(up, "a", false);
  assert.deepEqual([up, down, sortedBy(down, "a", false)], [
    [{ field: "a", descends: false }],
    [{ field: "a", descends: true }],
    [],
  ]);
  const two = sortedBy(down, "b", true);
  assert.deepEqual(two.map((key) => key.field), ["a", "b"]);
  assert.deepEqual(sortedBy(two, "a", true).map((key) => key.field), ["b"]);
  assert.deepEqual(sortedBy(two, "c", false).map((key) => key.field), ["c"]);
  const four = sortedBy(sortedBy(two, "c", true), "d", true);
  assert.deepEqual(four.map((key) => key.field), ["b", "c", "d"]);
});

test("pages lead back the way one came, after a reload too; where one did not come that way, nowhere", () => {
  const storage = new Storage();
  const trail = new Trail(storage, "a list");
  trail.note("", "second");
  trail.note("second", "third");
  const again = new Trail(storage, "a list");
  assert.deepEqual([again.pageOf(""), again.pageOf("third"), again.before("third")], [1, 3, "second"]);
  assert.deepEqual([again.before(""), again.pageOf("elsewhere"), again.before("elsewhere")], [null, null, null]);
  again.note("elsewhere", "further");
  assert.equal(again.pageOf("further"), null);
  again.note("", "another second");
  assert.deepEqual([again.pageOf("another second"), again.pageOf("third")], [2, null]);
  assert.equal(new Trail(storage, "another list").pageOf("second"), null);
});

test("a full storage costs the way back, and nothing else", () => {
  const full = { getItem: () => "not JSON", setItem: () => assert.fail() };
  const trail = new Trail({ ...full, setItem: () => { throw new Error("full"); } }, "a list");
  trail.note("", "second");
  assert.equal(trail.pageOf(""), 1);
});

test("pages of one list have a key, whatever the page and the columns", () => {
  const key = (query) => listKey({ name: "books" }, parseState(query));
  assert.equal(key([["a.eq", "1"], ["cursor", "x"], ["columns", "a"]]), key([["a.eq", "1"]]));
  assert.notEqual(key([["a.eq", "1"]]), key([["a.eq", "2"]]));
  assert.notEqual(key([]), key([["limit", "20"]]));
});

test("the usual columns are what can be read at a glance, what names the record first, and when it changed", () => {
  const books = resource(
    field("isbn", "text"),
    field("note", "text"),
    field("tags", "list"),
    field("title", "text"),
    field("secret", "text", { hidden: true }),
    field("author", "reference"),
  );
  const names = (columns) => columns.map(({ name }) => name);
  assert.deepEqual(names(columnsOf(books, null)), ["title", "isbn", "note", "author", "updated_at"]);
  assert.deepEqual(names(columnsOf(books, ["tags", "secret", "nothing", "id"])), ["tags", "id"]);
  assert.deepEqual(names(columnsOf(books, ["nothing"])), names(columnsOf(books, null)));
  assert.deepEqual(names(columnsOf(resource(), null)), ["id", "updated_at"]);
  assert.deepEqual(fieldsOf(books, [books.field("author")]), ["id", "title", "author"]);
  assert.deepEqual(expandedOf([books.field("author"), books.field("isbn")]), ["author"]);
});

test("operators are offered as people ask, and said as they speak", () => {
  const title = field("title", "text", { label: "Title", operators: ["eq", "ne", "prefix", "contains", "null"] });
  assert.deepEqual(orderedOperators(title), ["contains", "prefix", "eq", "ne", "null"]);
  const words = (operator, ...values) => conditionWords({ operator, values }, title);
  assert.equal(words("contains", "sea"), "Title contains “sea”");
  assert.equal(words("null", "true"), "Title is empty");
  assert.equal(words("null", "false"), "Title is not empty");
});
