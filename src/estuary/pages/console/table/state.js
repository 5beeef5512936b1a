/** What a table shows, as its address says it: conditions, order, columns, page. Nothing else is remembered. */

import { href } from "../router.js";

export const PAGE_SIZES = [20, 50, 100];
const DEFAULT_SIZE = 50;
const MOST_KEYS = 3;
const SEPARATOR = ".";
const EQUALS = "eq";

/**
 * The state that the pairs of an address say. Whatever is not the table's own is a condition, as the API spells it: `author`
 * alone is `author.eq`. One that the API does not know is sent as well: its refusal says what is wrong.
 */
export function parseState(query) {
  const state = { conditions: [], sort: [], columns: null, limit: DEFAULT_SIZE, cursor: "" };
  for (const [name, value] of query) {
    if (name === "sort") state.sort = value.split(",").filter(Boolean).map(parseKey);
    else if (name === "columns") state.columns = value.split(",").filter(Boolean);
    else if (name === "limit") state.limit = PAGE_SIZES.find((size) => String(size) === value) ?? DEFAULT_SIZE;
    else if (name === "cursor") state.cursor = value;
    else addCondition(state.conditions, name, value);
  }
  return state;
}

/** The address of `resource`'s table in `state`. */
export function stateAddress(resource, state) {
  const pairs = [...conditionPairs(state.conditions)];
  if (state.sort.length > 0) pairs.push(["sort", sortText(state.sort)]);
  if (state.columns !== null) pairs.push(["columns", state.columns.join(",")]);
  if (state.limit !== DEFAULT_SIZE) pairs.push(["limit", state.limit]);
  if (state.cursor !== "") pairs.push(["cursor", state.cursor]);
  return href(["resources", resource.name], pairs);
}

/** The conditions as pairs of a query string. */
export function conditionPairs(conditions) {
  return conditions.flatMap(({ field, operator, values }) =>
    values.map((value) => [`${field}${SEPARATOR}${operator}`, value]),
  );
}

/** What is asked of the API where all pages are meant: conditions and order. */
export function exportQuery({ conditions, sort }) {
  const pairs = conditionPairs(conditions);
  return sort.length > 0 ? [...pairs, ["sort", sortText(sort)]] : pairs;
}

/** What is asked of the API: the records of one page, of the fields that are shown. */
export function listQuery(state, fields, expanded) {
  const pairs = [...conditionPairs(state.conditions), ["limit", state.limit], ["cursor", state.cursor]];
  if (state.sort.length > 0) pairs.push(["sort", sortText(state.sort)]);
  if (expanded.length > 0) pairs.push(["expand", expanded.join(",")]);
  return [...pairs, ["fields", fields.join(",")]];
}

/** What two pages of one list have in common. */
export function listKey(resource, { conditions, sort, limit }) {
  return stateAddress(resource, { conditions, sort, limit, columns: null, cursor: "" });
}

/** The order after a column's head was pressed: ascending, descending, none; with `isAdded` after the keys before it. */
export function sortedBy(sort, field, isAdded) {
  const before = sort.find((key) => key.field === field);
  const key = before === undefined ? { field, descends: false } : before.descends ? null : { field, descends: true };
  if (!isAdded) return key === null ? [] : [key];
  if (before !== undefined) return sort.flatMap((each) => (each !== before ? [each] : key === null ? [] : [key]));
  return [...sort, key].slice(-MOST_KEYS);
}

function sortText(sort) {
  return sort.map(({ field, descends }) => (descends ? `-${field}` : field)).join(",");
}

function parseKey(text) {
  return text.startsWith("-") ? { field: text.slice(1), descends: true } : { field: text, descends: false };
}

/** Values of one `in` belong together. */
function addCondition(conditions, name, value) {
  const [field, ...rest] = name.split(SEPARATOR);
  const operator = rest.length > 0 ? rest.join(SEPARATOR) : EQUALS;
  const before = conditions.find((each) => each.field === field && each.operator === operator);
  if (before !== undefined && operator === "in") before.values.push(value);
  else conditions.push({ field, operator, values: [value] });
}
