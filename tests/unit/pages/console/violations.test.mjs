import assert from "node:assert/strict";
import { test } from "node:test";
import { found, pathsOf, problemOf } from "../../../../src/estuary/pages/console/form/violations.js";

const FIELDS = [
  { name: "title", kind: "text" },
  { name: "tags", kind: "list" },
  { name: "size", kind: "nested", fields: [{ name: "width", kind: "float" }] },
];
const PATHS = pathsOf(FIELDS);

function answer(status, violations = [], headers = {}) {
  return { status, headers: new Headers(headers), message: "no", body: { details: { validation_errors: violations } } };
}

test("messages stand at the field that they are of: a nested one's, a list's for its entries, else above", () => {
  const { message, byField } = problemOf(
    answer(422, [
      { field: "size.width", message: "is required" },
      { field: "tags[1]", message: "must be a text" },
      { field: "title", message: "Too long" },
      { field: "title", message: "Too loud" },
      { field: "other", message: "is odd" },
    ]),
    PATHS,
  );
  assert.deepEqual(Object.fromEntries(byField), {
    "size.width": ["Is required"],
    tags: ["Must be a text"],
    title: ["Too long", "Too loud"],
  });
  assert.equal(message, "Some fields need another value. Other: is odd");
});

test("why a write was refused is distinguished", () => {
  const reason = (...given) => problemOf(answer(...given), PATHS).reason;
  assert.equal(reason(409, [{ field: "title", message: "taken", code: "unique" }]), "taken");
  assert.equal(reason(409, [{ field: "id", message: "referred to", code: "referenced" }]), "referenced");
  assert.equal(reason(409, [], { "Retry-After": "1" }), "busy");
  assert.deepEqual(
    [reason(403), reason(404), reason(412), reason(429), reason(503), reason(422)],
    ["forbidden", "gone", "changed", "busy", "busy", null],
  );
});

test("what is said for a reason takes the place of the service's words", () => {
  const gone = { gone: "It is gone." };
  assert.deepEqual([problemOf(answer(404), PATHS, gone).message, problemOf(answer(404), PATHS).message], ["It is gone.", "No"]);
});

test("what is found before anything is sent is told alike", () => {
  assert.deepEqual(Object.fromEntries(found([{ field: "title", message: "Is required" }], PATHS).byField), {
    title: ["Is required"],
  });
});
