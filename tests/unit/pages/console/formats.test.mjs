import assert from "node:assert/strict";
import { test } from "node:test";
import { FORMATS, formatOf } from "../../../../src/estuary/pages/console/transfer/formats.js";
import { Numeral } from "../../../../src/estuary/pages/console/values/json.js";

const field = (name, kind, rest = {}) => ({ name, kind, optional: false, ...rest });
const FIELDS = [
  field("id", "uuid"),
  field("title", "text"),
  field("note", "text", { optional: true }),
  field("stock", "integer"),
  field("price", "decimal"),
  field("weight", "float", { optional: true }),
  field("sold", "boolean"),
  field("binding", "choice"),
  field("tags", "list", { entry: field("entry", "text") }),
  field("size", "nested", { optional: true, fields: [] }),
  field("extra", "object"),
];
const RECORD = {
  id: "01a22bdd-f1ed-72f8-8158-caba2976b104",
  title: "=HYPERLINK(1)",
  note: null,
  stock: -5,
  price: "-12.30",
  weight: new Numeral("1.0"),
  sold: false,
  binding: "'paper'",
  tags: ["=1", "b,c"],
  size: { width: 3 },
  extra: { big: new Numeral("12345678901234567890"), text: "a" },
};

async function read(format, ...chunks) {
  const found = [];
  for await (const each of FORMATS[format].read(chunks, FIELDS)) found.push(each);
  return found;
}

test("a record that is written in either format is read again, without loss", async () => {
  for (const [name, format] of Object.entries(FORMATS)) {
    const [{ record, faults, unknown }] = await read(name, format.head(FIELDS), format.line(FIELDS, RECORD));
    assert.deepEqual([record, faults, unknown], [RECORD, [], []], name);
  }
});

test("numbers are left as they are in CSV, negative ones too; only texts are defused", () => {
  const text = FORMATS.csv.line(FIELDS, RECORD);
  assert.match(text, /,'=HYPERLINK\(1\),,-5,-12\.30,1\.0,false,''paper',/);
});

test("an empty cell is null where that is allowed, and else leaves the field out", async () => {
  const [{ record }] = await read("csv", "title,note,stock,sold,extra\r\n", '"",,,,\r\n');
  assert.deepEqual(record, { title: "", note: null });
});

test("what is wrong in a line is reported at its field, with the line's own number", async () => {
  const lines = await read("csv", "title,stock,sold,tags,weight\n", 'a,1.5,perhaps,"[1",x\n', "b\n");
  assert.deepEqual(lines[0].faults, [
    { field: "stock", message: "Must be a whole number, such as 42" },
    { field: "sold", message: "Must be true or false" },
    { field: "tags", message: "Not JSON: Unexpected end in line 1, column 3" },
    { field: "weight", message: "Must be a number, such as 12.5 or 1e6" },
  ]);
  assert.deepEqual([lines[1].at, lines[1].faults], [3, [{ field: "", message: "Has 1 cells, the first line 5" }]]);
  const [none, list] = await read("jsonl", '{"a":\n\n[1]\n');
  assert.deepEqual([none.at, none.faults[0].message], [1, "Not JSON: Unexpected end in column 6"]);
  assert.deepEqual([list.at, list.faults[0].message], [3, "Must be a JSON object: {…}"]);
});

test("an array is read by entries, whatever its lines and chunks; a saved entry is a line", async () => {
  const text = '\n [ {"title":"a,]",\n\t"tags": [1, {"b": "\\"}"}] } ,\n{"titel": 1 2},\r\n7,{\n"title":"b"}]\n';
  for (const chunks of [[text], [...text]]) {
    const found = (await read("jsonl", ...chunks)).map(({ head, unknown, ...rest }) => rest);
    assert.deepEqual(found, [
      { part: "entry", at: 1, text: '{"title":"a,]", "tags": [1, {"b": "\\"}"}] }', record: { title: "a,]", tags: [1, { b: '"}' }] }, faults: [] },
      { part: "entry", at: 2, text: '{"titel": 1 2}', record: {}, faults: [{ field: "", message: "Not JSON: Expected , or } in column 13" }] },
      { part: "entry", at: 3, text: "7", record: {}, faults: [{ field: "", message: "Must be a JSON object: {…}" }] },
      { part: "entry", at: 4, text: '{ "title":"b"}', record: { title: "b" }, faults: [] },
    ]);
  }
  assert.deepEqual(await read("jsonl", " [", "\n]\n"), []);
  assert.deepEqual((await read("jsonl", '[{"title":"a"},]')).map(({ at, faults }) => [at, faults.length]), [[1, 0], [2, 1]]);
});

test("an array that is not whole, or not alone, is told with the entry", async () => {
  await assert.rejects(read("jsonl", '[{"title":"a"},{"title":'), /^Error: Entry 2: the array ends within it, without a \]$/);
  await assert.rejects(read("jsonl", '[{"title":"a"},{"title":"b"}}'), /^Error: Entry 2: Unexpected \}$/);
  await assert.rejects(read("jsonl", "[{}]\n{}"), /^Error: There is more behind the array, whose last entry is 1$/);
});

test("names that are no field's are reported, and a file of nothing else is refused", async () => {
  const [{ unknown }] = await read("csv", "title,titel\n", "a,b\n");
  assert.deepEqual(unknown, ["titel"]);
  assert.deepEqual((await read("jsonl", '{"title":"a","titel":"b"}'))[0].unknown, ["titel"]);
  await assert.rejects(read("csv", "a;b\n", "1;2\n"), /The first line must name fields, such as id/);
});

test("the format of a file follows from its name", () => {
  assert.deepEqual(["a.CSV", "b.jsonl", "c.ndjson", "d.txt"].map(formatOf), ["csv", "jsonl", "jsonl", null]);
});
