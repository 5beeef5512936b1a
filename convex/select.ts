// Lists with conditions, or in an order of their own. What an index serves is read from its ranges, in their
// order; for what none serves a bounded number of records is looked at, and sorted. What a query means is said
// in Python, by `tests/support/query_model.py`.
import { type IndexRange } from "convex/server";
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
type Edge = { value: Value; open: boolean };
/** One value of each of an index's first fields behind the generation, and bounds of the next one. */
export type Range = {
  index: string;
  equal: [string, Value][];
  path: string;
  low: Edge | null;
  high: Edge | null;
};
export type Selection = {
  /** The only records that can meet the conditions, where those name them. */
  ids: string[] | null;
  where: Condition[];
  /** Where all that is asked for lies; `exact` where each of the records there meets the conditions. */
  ranges: Range[];
  backwards: boolean;
  exact: boolean;
  /** With the id at its end; empty where the ranges have the order. */
  sort: SortKey[];
  /** The values of the sort keys behind which to go on; ranges begin there. */
  after: Value[] | null;
};
/** Documents in order, and how many meet the conditions, or more than that many where it is `exceeded`. */
type Selected = { documents: Document[]; met: number; exceeded: boolean };

/**
 * The documents of `list` that are selected; null where too many would have to be looked at. In the order of
 * ranges it ends when there are `enough`, or where it may look no further and has as many as are `shown`.
 */
export async function selected(
  ctx: Reading,
  list: List,
  { ids, where, ranges, backwards, exact, sort, after }: Selection,
  shown: number,
  enough: number | null,
): Promise<Selected | null> {
  const inOrder = sort.length === 0;
  const found: Document[] = [];
  let records = 0;
  let bytes = 0;
  for await (const document of ids === null ? within(ctx, list, ranges, backwards) : named(ctx, list, ids)) {
    records += 1;
    bytes += getDocumentSize(document);
    if (records > MOST_RECORDS || bytes > MOST_BYTES) {
      const isEnough = exact && enough !== null && found.length >= shown;
      return isEnough ? { documents: found, met: found.length, exceeded: true } : null;
    }
    if (!where.every((condition) => meets(document, condition))) continue;
    found.push(document);
    if (inOrder && found.length === enough) break;
  }
  if (inOrder) return { documents: found, met: found.length, exceeded: false };
  found.sort((one, other) => compareBy(sort, keyOf(sort, one), keyOf(sort, other)));
  const documents =
    after === null ? found : found.filter((one) => compareBy(sort, keyOf(sort, one), after) > 0);
  return { documents, met: found.length, exceeded: false };
}

/** The documents in `ranges`, one range after the other. */
async function* within(
  ctx: Reading,
  list: List,
  ranges: Range[],
  backwards: boolean,
): AsyncIterable<Document> {
  for (const range of ranges) {
    yield* (
      ctx.db
        .query(tableOf(list.resource))
        // Of the indexes that the schema declares, the types here know those alone that every table has.
        .withIndex(range.index as "by_position", (q) => bounded(q as unknown as Bounds, list, range))
        .order(backwards ? "desc" : "asc")
    );
  }
}

type Bounds = { [bound in "eq" | "gt" | "gte" | "lt" | "lte"]: (path: string, value: Value) => Bounds };

function bounded(all: Bounds, { generation }: List, { equal, path, low, high }: Range): IndexRange {
  let range = all.eq("generation", generation);
  for (const [path, value] of equal) range = range.eq(path, value);
  if (low !== null) range = low.open ? range.gt(path, low.value) : range.gte(path, low.value);
  if (high !== null) range = high.open ? range.lt(path, high.value) : range.lte(path, high.value);
  return range as unknown as IndexRange;
}

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
