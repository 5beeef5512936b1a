import assert from "node:assert/strict";
import { test } from "node:test";
import { snippets } from "../../../../src/estuary/pages/console/snippets/snippets.js";
import { Numeral } from "../../../../src/estuary/pages/console/values/json.js";

const ID = "01a22bdd-f1ed-72f8-8158-caba2976b104";
const CHANGE = {
  method: "PATCH",
  path: `/api/v1/books/${ID}`,
  headers: { "if-match": '"7"' },
  body: { title: 'It\'s "$HOME" `x`', serial: new Numeral("9007199254740993") },
};

test("a change is told in three languages, with a placeholder for the token", () => {
  const [curl, python, typescript] = snippets(CHANGE, { origin: "https://api.example", isOpen: false }).map(
    ({ text }) => text,
  );
  assert.equal(
    curl,
    `curl --request PATCH 'https://api.example/api/v1/books/${ID}' \\
  --header "Authorization: Bearer $TOKEN" \\
  --header 'If-Match: "7"' \\
  --header 'Content-Type: application/merge-patch+json' \\
  --data-raw '{
  "title": "It'\\''s \\"$HOME\\" \`x\`",
  "serial": 9007199254740993
}'`,
  );
  assert.match(python, /f"Bearer \{os\.environ\['TOKEN'\]\}"/);
  assert.match(python, /"If-Match": "\\"7\\"",/);
  assert.match(typescript, /client\.PATCH\("\/api\/v1\/books\/\{id\}", \{/);
  assert.match(typescript, /Bearer \$\{process\.env\.TOKEN\}/);
});

test("a list is told with its conditions, and without credentials where none are asked for", () => {
  const request = {
    method: "GET",
    path: "/api/v1/books",
    query: [
      ["binding.in", "paper"],
      ["binding.in", "cloth"],
      ["sort", "-stock"],
    ],
  };
  const [curl, python, typescript] = snippets(request, { origin: "http://localhost:3000", isOpen: true }).map(
    ({ text }) => text,
  );
  assert.equal(curl, "curl 'http://localhost:3000/api/v1/books?binding.in=paper&binding.in=cloth&sort=-stock'");
  assert.doesNotMatch(python, /TOKEN|import os/);
  assert.match(typescript, /"binding\.in": \[\s*"paper",\s*"cloth"\s*\]/);
});
