import assert from "node:assert/strict";
import { test } from "node:test";
import { snippets } from "../../../../src/estuary/pages/console/snippets/snippets.js";
import { typedQuery } from "../../../../src/estuary/pages/console/snippets/typed-query.js";
import { Numeral } from "../../../../src/estuary/pages/console/values/json.js";

const ID = "01a22bdd-f1ed-72f8-8158-caba2976b104";
const CHANGE = {
  method: "PATCH",
  path: `/api/v1/books/${ID}`,
  headers: { "if-match": '"7"' },
  body: { title: 'It\'s "$HOME" `x`', serial: new Numeral("9007199254740993"), sold: null },
};
const LIST = {
  method: "GET",
  path: "/api/v1/books",
  query: [
    ["binding.in", "paper"],
    ["binding.in", "cloth"],
    ["stock.gte", 10],
    ["note.null", true],
    ["sort", "-stock,id"],
    ["limit", 50],
  ],
};

const snippetsOf = (request, isOpen) => snippets(request, { origin: "https://api.example", isOpen }).map(({ text }) => text);

test("a change is shown in three languages, with a placeholder for the token", () => {
  const [curl, python, typescript] = snippetsOf(CHANGE, false);
  assert.equal(
    curl,
    `curl --request PATCH 'https://api.example/api/v1/books/${ID}' \\
  --header "Authorization: Bearer $TOKEN" \\
  --header 'If-Match: "7"' \\
  --header 'Content-Type: application/merge-patch+json' \\
  --data-raw '{
  "title": "It'\\''s \\"$HOME\\" \`x\`",
  "serial": 9007199254740993,
  "sold": null
}'`,
  );
  assert.equal(
    python,
    `# pip install "estuary-service[client]"
import os

from estuary.client import Client

with Client("https://api.example", token=os.environ["TOKEN"]) as client:
    books = client.resource("books")
    record = books.patch("${ID}", {
        "title": "It's \\"$HOME\\" \`x\`",
        "serial": 9007199254740993,
        "sold": None,
    }, version=7)
    print(record.version, record.value)`,
  );
  assert.match(typescript, /client\.PATCH\("\/api\/v1\/books\/\{id\}", \{/);
  assert.match(typescript, /Bearer \$\{process\.env\.TOKEN\}/);
});

test("a list is shown with its conditions, and without credentials where none are asked for", () => {
  const [curl, python, typescript] = snippetsOf(LIST, true);
  assert.equal(
    curl,
    "curl 'https://api.example/api/v1/books?binding.in=paper&binding.in=cloth&stock.gte=10&note.null=true&sort=-stock%2Cid&limit=50'",
  );
  assert.match(
    python,
    /books\.where\(binding__in=\["paper", "cloth"\], stock__gte=10, note=None\)\.sort\("-stock", "id"\):/,
  );
  assert.doesNotMatch(python, /TOKEN|import os/);
  assert.match(typescript, /"binding\.in": \[\s*"paper",\s*"cloth"\s*\],\s*"stock\.gte": 10,/);
});

test("what the client has no call for is sent by hand", () => {
  const [, python] = snippetsOf({ ...CHANGE, method: "PUT" }, false);
  assert.match(python, /httpx2\.request\(\n {4}"PUT",/);
  assert.match(python, /"If-Match": "\\"7\\"",/);
});

test("values of a query are of their fields' kinds", () => {
  const kinds = { stock: "integer", title: "text", sold: "boolean" };
  const resource = {
    version: { name: "version", kind: "integer" },
    field: (name) => kinds[name] && { kind: kinds[name] },
  };
  const pairs = [
    ["stock.gte", "10"],
    ["title.eq", "10"],
    ["sold.eq", "true"],
    ["note.null", "false"],
    ["version.gt", "3"],
    ["limit", 20],
    ["sort", "title"],
  ];
  assert.deepEqual(
    typedQuery(resource, pairs).map(([, value]) => value),
    [10, "10", true, false, 3, 20, "title"],
  );
});
