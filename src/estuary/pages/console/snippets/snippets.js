/**
 * A request as something to run elsewhere: curl, Python, TypeScript.
 *
 * A request is `{method, path, query, headers, body}`: `query` pairs whose values are as their fields' kinds, `headers` by
 * their names in lower case. Credentials are never part of a snippet: it reads them from the environment, as TOKEN, where
 * the API asks for any.
 */

import { address } from "../api.js";
import { stringify } from "../values/json.js";
import { python } from "./python.js";
import { typescript } from "./typescript.js";

const TYPES = { PATCH: "application/merge-patch+json" };
const SPELLED = { "if-match": "If-Match", "if-none-match": "If-None-Match" };

/** The snippets of a request to the service at `origin`: `{name, text}` each. */
export function snippets(request, service) {
  const whole = { query: [], headers: {}, ...request };
  const headers = headersOf(whole);
  return [
    { name: "curl", text: curl(whole, headers, service) },
    { name: "Python", text: python(whole, headers, service) },
    { name: "TypeScript", text: typescript(whole, headers, service) },
  ];
}

function headersOf({ method, headers, body }) {
  const named = Object.entries(headers).map(([name, value]) => [SPELLED[name] ?? name, value]);
  return body === undefined ? named : [...named, ["Content-Type", TYPES[method] ?? "application/json"]];
}

function curl({ method, path, query, body }, headers, { origin, isOpen }) {
  const url = quoted(origin + address(path, query));
  const parts = [
    method === "GET" ? `curl ${url}` : `curl --request ${method} ${url}`,
    ...(isOpen ? [] : ['--header "Authorization: Bearer $TOKEN"']),
    ...headers.map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quoted(stringify(body, 2))}`]),
  ];
  return parts.join(" \\\n  ");
}

/** A word as a shell has it. */
function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
