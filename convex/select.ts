// Lists with conditions, or in an order of their own: no index of Convex leads to them, so a bounded number
// of records is looked at. What a query means is said in Python, by `tests/support/query_model.py`.
import { getDocumentSize } from "convex/values";

import { inSixDigits } from "./complete";
import { List } from "./lists";
import { type Document, type Reading, tableOf } from "./model";

/** Records that one query may look at, and their bytes: of Convex's own limits a third, and half. */
const MOST_RECORDS = 10_000;
const MOST_BYTES = 8 << 20;

type Value = string | number | boolean | null;

/** A name that a query can use: `missing` is what a record has that is older than the field. */
export type Attribute = { name: string; meta: boolean; time: boolean; missing: Value | string[] };
export type Condition =
  | { is: "all" | "any"; conditions: Condition[] }
  | { is: "not"; condition: Condition }
  | { is: "compared"; attribute: Attribute; operator: string; value: Value | Value[] };
export type SortKey = { attribute: Attribute; descending: boolean };
export type Selection = {
  /** The only records that can meet the conditions, where those name them. */
  ids: string[] | null;
  where: Condition[];
  /** With the id at its end; empty for the order of the list, or `backwards` for its reverse. */
  sort: SortKey[];
  backwards: boolean;
  /** The values of the sort keys behind which to go on; in the order of the list, the position. */
  after: Value[] | null;
};

/**
 * The documents of `list` that are selected, in order, and how many meet the conditions; null where too many
 * records would have to be looked at. Without `counted` it ends when there are `enough`, if the order allows.
 */
export async function selected(
  ctx: Reading,
  list: List,
  { ids, where, sort, backwards, after }: Selection,
  enough: number | null,
): Promise<{ documents: Document[]; met: number } | null> {
  const listed = sort.length === 0;
  const from = listed && enough !== null && after !== null ? String(after[0]) : undefined;
  const walk = backwards ? list.before(ctx, from) : list.behind(ctx, from ?? "");
  const found: Document[] = [];
  let records = 0;
  let bytes = 0;
  for await (const document of ids === null ? walk : named(ctx, list, ids)) {
    records += 1;
    bytes += getDocumentSize(document);
    if (records > MOST_RECORDS || bytes > MOST_BYTES) return null;
    if (!where.every((condition) => meets(document, condition))) continue;
    found.push(document);
    if (listed && ids === null && found.length === enough) break;
  }
  const order = listed ? [{ attribute: POSITION, descending: backwards }] : sort;
  found.sort((one, other) => compareBy(order, keyOf(order, one), keyOf(order, other)));
  const documents =
    after === null ? found : found.filter((one) => compareBy(order, keyOf(order, one), after) > 0);
  return { documents, met: found.length };
}

const POSITION: Attribute = { name: "position", meta: true, time: false, missing: "" };

async function* named(ctx: Reading, list: List, ids: string[]): AsyncIterable<Document> {
  for (const id of new Set(ids)) {
    const document = await ctx.db
      .query(tableOf(list.resource))
      .withIndex("by_record", (q) => q.eq("generation", list.generation).eq("id", id))
      .first();
    if (document !== null && (list.owner === null || document.owner === list.owner)) yield document;
  }
}

function meets(document: Document, condition: Condition): boolean {
  switch (condition.is) {
    case "all":
      return condition.conditions.every((each) => meets(document, each));
    case "any":
      return condition.conditions.some((each) => meets(document, each));
    case "not":
      return !meets(document, condition.condition);
    case "compared":
      return isMet(valueOf(document, condition.attribute), condition.operator, condition.value);
  }
}

/** Logic has two values: a comparison with null is false, but for `ne`, and `null` itself. */
function isMet(value: Value | string[], operator: string, comparand: Value | Value[]): boolean {
  if (operator === "null") return (value === null) === comparand;
  if (operator === "ne") return value !== comparand;
  if (value === null) return false;
  if (Array.isArray(value)) return operator === "has" && value.includes(comparand as string);
  if (Array.isArray(comparand)) return operator === "in" && comparand.includes(value);
  switch (operator) {
    case "eq":
      return value === comparand;
    case "lt":
      return compare(value, comparand) < 0;
    case "lte":
      return compare(value, comparand) <= 0;
    case "gt":
      return compare(value, comparand) > 0;
    case "gte":
      return compare(value, comparand) >= 0;
    case "prefix":
      return folded(value).startsWith(folded(comparand));
    case "contains":
      return folded(value).includes(folded(comparand));
  }
  throw new Error(`no operator ${operator}`);
}

function valueOf(document: Document, { name, meta, time, missing }: Attribute): Value | string[] {
  const value = (meta ? document[name as keyof Document] : document.value[name]) ?? null;
  if (value === null) return !meta && document.value[name] === undefined ? missing : null;
  return time ? inSixDigits(value) : value;
}

function keyOf(sort: SortKey[], document: Document): Value[] {
  return sort.map(({ attribute }) => valueOf(document, attribute) as Value);
}

function compareBy(sort: SortKey[], one: Value[], other: Value[]): number {
  for (const [index, { descending }] of sort.entries()) {
    const order = compare(one[index] ?? null, other[index] ?? null);
    if (order !== 0) return descending ? -order : order;
  }
  return 0;
}

/** Null comes before every value; texts are ordered by code point. */
function compare(one: Value, other: Value): number {
  if (one === other) return 0;
  if (one === null) return -1;
  if (other === null) return 1;
  if (typeof one === "string" && typeof other === "string") return compareTexts(one, other);
  return one < other ? -1 : 1;
}

function compareTexts(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index += 1) {
    const [left, right] = [one.charCodeAt(index), other.charCodeAt(index)];
    if (left !== right) return byCodePoint(left) - byCodePoint(right);
  }
  return one.length - other.length;
}

/** Where UTF-16 has surrogates, which stand for what lies behind all other characters. */
function byCodePoint(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

function folded(text: Value | Value[]): string {
  return String(text).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
