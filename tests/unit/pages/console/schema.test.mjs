import assert from "node:assert/strict";
import { test } from "node:test";
import { lossOf } from "../../../../src/estuary/pages/console/removal.js";
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
      get: { security: [{ bearer: ["books:read"] }] },
      post: { security: [{ bearer: [] }], requestBody: json(refer("BookDraft")) },
    },
    "/api/v1/books/query": { post: { requestBody: json({ properties: { where: refer("BookCondition") } }) } },
    "/api/v1/books/{id}": {
      get: { responses: { 200: json({ anyOf: [refer("Book"), refer("BookPart")] }) } },
      patch: {},
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
});

test("fields are told by what is served and by what is accepted", () => {
  const names = books.fields.map(({ name }) => name);
  const own = ["title", "isbn", "author", "binding", "price", "placed_at", "secret"];
  assert.deepEqual(names, ["id", ...own, "created_at", "updated_at"]);
  const kinds = Object.fromEntries(books.fields.map(({ name, kind }) => [name, kind]));
  assert.deepEqual(
    own.map((name) => kinds[name]),
    ["text", "text", "reference", "choice", "decimal", "timestamp", "text"],
  );
  const told = (name, ...members) => members.map((member) => books.field(name)[member]);
  assert.deepEqual(told("title", "required", "optional", "description"), [true, false, "On its cover."]);
  assert.deepEqual(told("isbn", "unique", "optional"), [true, true]);
  assert.deepEqual(told("author", "reference", "onDelete", "optional"), ["authors", "cascade", true]);
  assert.deepEqual(told("binding", "choices", "optional", "description"), [["paper", "cloth"], true, "How it is bound."]);
  assert.deepEqual(told("secret", "hidden", "readOnly"), [true, false]);
  assert.deepEqual(told("placed_at", "hidden", "readOnly"), [false, true]);
  assert.deepEqual(told("title", "operators", "sortable"), [["eq", "contains"], true]);
  assert.deepEqual(told("price", "operators", "sortable"), [[], false]);
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
  assert.equal(lossOf(books), "Secret cannot be read, and so not be brought back.");
  assert.equal(lossOf(authors), "Nobody can create authors again.");
  const whole = (rest) => ({ title: "Items", can: { create: true }, fields: [], referrers: [], ...rest });
  assert.equal(lossOf(whole({})), null);
  assert.equal(lossOf(whole({ fields: [{ name: "at", label: "At", readOnly: true }] })), "At would be set anew.");
  const referrers = (onDelete) => [{ resource: { title: "Lines" }, field: { onDelete } }];
  assert.equal(lossOf(whole({ referrers: referrers("cascade") })), "It changes lines, too.");
  assert.equal(lossOf(whole({ referrers: referrers("restrict") })), null);
});
