import assert from "node:assert/strict";
import { test } from "node:test";
import { lossOf, offerUndo, remove } from "../../../../src/estuary/pages/console/removal.js";
import { resourcesOf } from "../../../../src/estuary/pages/console/schema.js";

const text = (rest = {}) => ({ type: "string", ...rest });
const uuid = text({ format: "uuid" });
const author = { ...uuid, "x-estuary-reference": { resource: "authors", on_delete: "cascade" } };
const stamps = { created_at: text({ format: "date-time" }), updated_at: text({ format: "date-time" }) };
const json = (schema) => ({ content: { "application/json": { schema } } });
const refer = (name) => ({ $ref: `#/components/schemas/${name}` });
const operators = (...names) => ({ properties: Object.fromEntries(names.map((name) => [name, {}])) });

/** A document of books, and of authors that nobody can change and that are public. */
const document = {
  tags: [
    { name: "books", description: "Books.", "x-estuary-resource": { path: "/api/v1/books", singular: "book" } },
    { name: "authors", description: "", "x-estuary-resource": { path: "/api/v1/authors", singular: "author" } },
    { name: "keys", description: "No resource." },
  ],
  paths: {
    "/api/v1/books": {
      get: { security: [{ bearer: ["books:read"] }], "x-estuary-whose": ["all"] },
      post: { security: [{ bearer: [] }], requestBody: json(refer("BookDraft")) },
    },
    "/api/v1/books/query": { post: { requestBody: json({ properties: { where: refer("BookCondition") } }) } },
    "/api/v1/books/{id}": {
      get: { responses: { 200: json({ anyOf: [refer("Book"), refer("BookPart")] }) } },
      patch: { "x-estuary-whose": ["own"] },
      delete: {},
    },
    "/api/v1/authors": { get: { security: [{}, { bearer: [] }] } },
    "/api/v1/authors/{id}": { get: { responses: { 200: json({ properties: { id: uuid, name: text(), ...stamps } }) } } },
  },
  components: {
    schemas: {
      Binding: text({ enum: ["paper", "cloth"], description: "How it is bound." }),
      Book: {
        properties: {
          id: uuid,
          title: text(),
          isbn: { type: ["string", "null"], "x-estuary-unique": true },
          author: { anyOf: [author, { type: "null" }] },
          binding: { anyOf: [refer("Binding"), { type: "null" }] },
          price: text({ format: "decimal" }),
          placed_at: text({ format: "date-time", readOnly: true }),
          constructor: text({ readOnly: true }),
          ...stamps,
          expand: {},
        },
      },
      BookDraft: {
        required: ["title"],
        properties: {
          title: text({ maxLength: 200, description: "On its cover." }),
          isbn: { type: ["string", "null"], "x-estuary-unique": true },
          author: { anyOf: [author, { type: "null" }] },
          binding: { anyOf: [refer("Binding"), { type: "null" }] },
          price: text({ format: "decimal" }),
          secret: text(),
        },
      },
      BookCondition: {
        properties: { title: operators("eq", "contains"), tags: operators("has"), version: operators("eq", "gt") },
      },
    },
  },
};

const [books, authors, ...others] = resourcesOf(document);

test("resources are what the document says are some, with what can be done and without whom", () => {
  assert.deepEqual(others, []);
  assert.deepEqual([books.title, books.singular, books.path], ["Books", "book", "/api/v1/books"]);
  assert.deepEqual(books.can, { read: true, create: true, update: true, delete: true });
  assert.deepEqual(authors.can, { read: true, create: false, update: false, delete: false });
  assert.deepEqual([books.open.read, books.open.update, authors.open.read], [false, true, true]);
  assert.equal(books.recordPath("a/b"), "/api/v1/books/a%2Fb");
  assert.deepEqual([books.dependsOnRecord("update"), books.dependsOnRecord("delete")], [true, false]);
});

test("fields are recognised by what is served and by what is accepted", () => {
  const names = books.fields.map(({ name }) => name);
  const own = ["title", "isbn", "author", "binding", "price", "placed_at", "constructor", "secret"];
  assert.deepEqual(names, ["id", ...own, "created_at", "updated_at"]);
  const kinds = Object.fromEntries(books.fields.map(({ name, kind }) => [name, kind]));
  assert.deepEqual(
    own.map((name) => kinds[name]),
    ["text", "text", "reference", "choice", "decimal", "timestamp", "text", "text"],
  );
  const members = (name, ...names) => names.map((member) => books.field(name)[member]);
  assert.deepEqual(members("title", "required", "optional", "description"), [true, false, "On its cover."]);
  assert.deepEqual(members("isbn", "unique", "optional"), [true, true]);
  assert.deepEqual(members("author", "reference", "onDelete", "optional"), ["authors", "cascade", true]);
  assert.deepEqual(members("binding", "choices", "optional", "description"), [["paper", "cloth"], true, "How it is bound."]);
  assert.deepEqual(members("secret", "hidden", "readOnly"), [true, false]);
  assert.deepEqual(members("placed_at", "hidden", "readOnly"), [false, true]);
  assert.deepEqual(members("constructor", "hidden", "readOnly", "sortable"), [false, true, false]);
  assert.deepEqual(members("title", "operators", "sortable"), [["eq", "contains"], true]);
  assert.deepEqual(members("price", "operators", "sortable"), [[], false]);
  assert.deepEqual(books.version.operators, ["eq", "gt"]);
});

test("records are called by what names them, and know who refers to them", () => {
  assert.equal(books.labelOf({ id: "1", title: "Moby-Dick", isbn: "9" }), "Moby-Dick");
  assert.equal(books.labelOf({ id: "1", title: " " }), "1");
  assert.deepEqual(
    authors.referrers.map(({ resource, field }) => [resource.name, field.name]),
    [["books", "author"]],
  );
});

test("what could not be brought back as it was is said", () => {
  const open = { config: { owners: false }, session: { credential: null } };
  assert.equal(lossOf(books, open), "Secret cannot be read, and so not be brought back.");
  assert.equal(lossOf(authors, open), "Nobody can create authors again.");
  const whole = (rest) => ({ title: "Items", can: { create: true }, fields: [], referrers: [], whose: {}, ...rest });
  assert.equal(lossOf(whole({}), open, 1000), null);
  assert.equal(lossOf(whole({}), open, 1001), "That is offered for up to 1,000 records.");
  assert.equal(lossOf(whole({ fields: [{ name: "at", label: "At", readOnly: true }] }), open), "At would be set anew.");
  const referrers = (onDelete) => [{ resource: { title: "Lines" }, field: { onDelete } }];
  assert.equal(lossOf(whole({ referrers: referrers("cascade") }), open), "It changes lines, too.");
  assert.equal(lossOf(whole({ referrers: referrers("restrict") }), open), null);
  const others = "What is deleted may be somebody else's, and would become yours.";
  const owned = (way) => ({ config: { owners: true }, session: { credential: { way } } });
  assert.deepEqual([lossOf(whole({}), owned("token")), lossOf(whole({}), owned("key"))], [null, others]);
  const ruled = (...whose) => lossOf(whole({ whose: { delete: whose } }), owned("key"));
  assert.deepEqual([ruled("own"), ruled("own", "all")], [null, others]);
});

test("a deletion that is stopped tells what is gone: the batch under way is waited for", async () => {
  const stop = new AbortController();
  const sizes = [];
  const request = async (method, path, { body, signal }) => {
    sizes.push(body.operations.length);
    stop.abort();
    assert.equal(signal, undefined);
    return { ok: sizes.length === 1, status: 200, headers: new Headers(), body: {} };
  };
  const app = { api: { request }, config: { batch: "/api/v1/batch" } };
  const ids = Array.from({ length: 250 }, (_, place) => String(place));
  const { deleted, refusal } = await remove(app, books, ids, { signal: stop.signal });
  assert.deepEqual([deleted, refusal, sizes], [ids.slice(0, 100), undefined, [100]]);
});

test("what could not be brought back at once can be tried again; what is there meanwhile stays as it is", async () => {
  const there = new Set(["7"]);
  const sizes = [];
  const request = async (method, path, { body: { operations } }) => {
    sizes.push(operations.length);
    if (sizes.length === 2) return { ok: false, status: 403, headers: new Headers(), body: {}, message: "Not now" };
    const ids = operations.map((each) => each.path.split("/").at(-1));
    const operation = ids.findIndex((id) => there.has(id));
    if (operation >= 0) return { ok: false, status: 412, headers: new Headers(), body: { details: { operation } } };
    ids.forEach((id) => there.add(id));
    return { ok: true, status: 200, headers: new Headers(), body: {} };
  };
  const shown = [];
  const toasts = { show: (text, { action } = {}) => shown.push({ text, run: action?.run }) };
  const app = { api: { request }, config: { batch: "/api/v1/batch" }, toasts };
  const records = Array.from({ length: 150 }, (_, place) => ({ id: String(place), title: "a" }));
  offerUndo(app, books, records, { isWhole: true });
  await shown[0].run();
  await shown[1].run();
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["Deleted 150 records", "Not brought back: Not now", "Brought back 149 records; there already: 1"],
  );
  assert.deepEqual([sizes, there.size], [[100, 100, 100, 49], 150]);
});
