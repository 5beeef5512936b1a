/** The pairs of a list's URL with values as their fields' kinds: programs want numbers and booleans, not texts of them. */

import { number } from "../values/json.js";

const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
const NUMERIC = new Set(["integer", "float"]);

export function typedQuery(resource, pairs) {
  return pairs.map(([name, text]) => [name, valueOf(resource, name.split("."), String(text))]);
}

function valueOf(resource, [name, operator], text) {
  const kind = name === resource.version.name ? resource.version.kind : resource.field(name)?.kind;
  if (operator === "null" || (kind === "boolean" && operator !== "has")) return text === "true";
  return NUMBER.test(text) && (NUMERIC.has(kind) || name === "limit") ? number(text) : text;
}
