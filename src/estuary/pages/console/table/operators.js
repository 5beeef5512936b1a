/** Operators in words. */

import { brief } from "./brief.js";

const WORDS = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  lt: "is less than",
  lte: "is at most",
  gt: "is more than",
  gte: "is at least",
  prefix: "begins with",
  contains: "contains",
  has: "has the entry",
  null: "is empty",
};
const OF_TIMES = { lt: "is before", lte: "is on or before", gt: "is after", gte: "is on or after" };
const OF_TEXTS = { lt: "sorts before", lte: "sorts before, or is", gt: "sorts after", gte: "sorts after, or is" };
const BY_KIND = { timestamp: OF_TIMES, date: OF_TIMES, text: OF_TEXTS, uuid: OF_TEXTS };

/** What people ask first of such a field. */
const FIRST = { text: ["contains", "prefix", "eq"], timestamp: ["gte", "lt"], date: ["gte", "lt"], list: ["has"] };

/** An operator of a field of this kind. */
export function operatorWords(operator, kind) {
  return BY_KIND[kind]?.[operator] ?? WORDS[operator] ?? operator;
}

/** The operators of a field, the usual ones first. */
export function orderedOperators({ kind, operators }) {
  const first = (FIRST[kind] ?? []).filter((operator) => operators.includes(operator));
  return [...first, ...operators.filter((operator) => !first.includes(operator))];
}

/** A condition as a sentence. */
export function conditionWords({ operator, values }, field) {
  if (operator === "null") return `${field.label} ${values[0] === "false" ? "is not empty" : "is empty"}`;
  return `${field.label} ${operatorWords(operator, field.kind)} ${values.map((value) => shown(value, field.kind)).join(", ")}`;
}

function shown(value, kind) {
  if (kind === "text") return `“${value}”`;
  if (kind === "boolean") return value === "true" ? "yes" : "no";
  if (kind === "reference") return brief(value);
  return value;
}
