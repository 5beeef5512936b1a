/**
 * A request as something to run elsewhere: curl, Python, TypeScript.
 *
 * A request is `{method, path, query, headers, body}`, `query` pairs. Credentials are never part of a snippet: it reads them
 * from the environment, as TOKEN, where the API asks for any.
 */

import { address } from "../api.js";
import { Numeral, stringify } from "../values/json.js";

const TYPES = { PATCH: "application/merge-patch+json" };
const HEADER_NAMES = { "if-match": "If-Match", "if-none-match": "If-None-Match", "idempotency-key": "Idempotency-Key" };

/** The snippets of a request to the service at `origin`: `{name, text}` each. */
export function snippets(request, { origin, isOpen }) {
  const whole = { query: [], headers: {}, ...request };
  return [
    { name: "curl", text: curl(whole, origin, isOpen) },
    { name: "Python", text: python(whole, origin, isOpen) },
    { name: "TypeScript", text: typescript(whole, origin, isOpen) },
  ];
}

function headersOf({ method, headers, body }) {
  const named = Object.entries(headers).map(([name, value]) => [HEADER_NAMES[name.toLowerCase()] ?? name, value]);
  return body === undefined ? named : [...named, ["Content-Type", TYPES[method] ?? "application/json"]];
}

function curl(request, origin, isOpen) {
  const { method, path, query, body } = request;
  const url = origin + address(path, query);
  const parts = [
    method === "GET" ? `curl ${quoted(url)}` : `curl --request ${method} ${quoted(url)}`,
    ...(isOpen ? [] : ['--header "Authorization: Bearer $TOKEN"']),
    ...headersOf(request).map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quoted(stringify(body, 2))}`]),
  ];
  return parts.join(" \\\n  ");
}

/** A word as a shell has it. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function python(request, origin, isOpen) {
  const { method, path, query, body } = request;
  const headers = headersOf(request).map(([name, value]) => `        ${literal(name)}: ${literal(value)},`);
  const bearer = isOpen ? [] : ['        "Authorization": f"Bearer {os.environ[\'TOKEN\']}",'];
  const all = [...bearer, ...headers];
  return [
    ...(isOpen ? [] : ["import os", ""]),
    "import httpx",
    "",
    "response = httpx.request(",
    `    ${literal(method)},`,
    `    ${literal(origin + address(path, query))},`,
    ...(all.length > 0 ? ["    headers={", ...all, "    },"] : []),
    ...(body === undefined ? [] : [`    content=${literal(stringify(body))}.encode(),`]),
    ")",
    "response.raise_for_status()",
    method === "DELETE" ? "" : "print(response.json())",
  ]
    .join("\n")
    .trimEnd();
}

/** A text as Python and TypeScript have it: what JSON writes, in either, but for lone surrogates and line separators. */
function literal(text) {
  return JSON.stringify(text).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

function typescript(request, origin, isOpen) {
  const { method, path, query, body } = request;
  const { template, parameters } = templateOf(path);
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `${literal(HEADER_NAMES[name] ?? name)}: ${literal(value)}`,
  );
  const params = [
    parameters.length > 0 && `path: { ${parameters.map(([name, value]) => `${name}: ${literal(value)}`).join(", ")} }`,
    query.length > 0 && `query: ${object(grouped(query), "      ")}`,
    headers.length > 0 && `header: { ${headers.join(", ")} }`,
  ].filter(Boolean);
  const type = method === "PATCH" ? [`  headers: { "Content-Type": ${literal(TYPES.PATCH)} },`] : [];
  const options = [
    ...(params.length > 0 ? ["  params: {", ...params.map((each) => `    ${each},`), "  },"] : []),
    ...(body === undefined ? [] : [...type, `  body: ${object(body, "  ")},`]),
  ];
  const bearer = isOpen ? "" : ", headers: { Authorization: `Bearer ${process.env.TOKEN}` }";
  return [
    'import createClient from "openapi-fetch";',
    'import type { paths } from "./estuary"; // made by: npx openapi-typescript ' +
      `${origin}/openapi.json -o estuary.d.ts`,
    "",
    `const client = createClient<paths>({ baseUrl: ${literal(origin)}${bearer} });`,
    options.length > 0
      ? `const { data, error } = await client.${method}(${literal(template)}, {\n${options.join("\n")}\n});`
      : `const { data, error } = await client.${method}(${literal(template)});`,
    "if (error) throw new Error(error.message);",
    ...(method === "DELETE" ? [] : ["console.log(data);"]),
  ].join("\n");
}

const UUID = /\/([0-9a-f]{8}-[0-9a-f-]{27})$/;

/** A path as the document has it, with the id as a parameter. */
function templateOf(path) {
  const found = UUID.exec(path);
  return found === null
    ? { template: path, parameters: [] }
    : { template: path.replace(UUID, "/{id}"), parameters: [["id", found[1]]] };
}

/** Pairs as an object: what comes several times is a list, and numbers are numbers. */
function grouped(pairs) {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, name.endsWith(".in") ? all : all[0]]));
}

/** An object literal: JSON, whose numbers are exact only where JavaScript's are. */
function object(value, margin) {
  return stringify(exact(value), 2).replaceAll("\n", `\n${margin}`);
}

function exact(value) {
  if (value instanceof Numeral) return Number(value.text);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exact(each)]));
}
