// What writes do to records, and to the books that are kept of them. Each is called within one mutation.
import { compareValues, type ObjectType, type Value, v } from "convex/values";

import * as blocks from "./blocks";
import { completed } from "./complete";
import * as deleted from "./deleted";
import { listsOf } from "./lists";
import {
  type Document,
  positionOf,
  type Reading,
  type Record,
  record,
  recordOf,
  refusal,
  tableOf,
  type Writing,
} from "./model";
import { demands, demandTargets, demandUnreferenced } from "./references";
import * as totals from "./totals";
import { demandUnique } from "./unique";

const owner = v.union(v.string(), v.null());
/** The record that is meant. */
export const target = {
  resource: v.string(),
  id: v.string(),
  owner,
  expected_version: v.union(v.number(), v.null()),
};
/** A record, perhaps one whose client chose its id: that may be taken, or have been a deleted record's. */
export const newRecord = { record, client_id: v.optional(v.boolean()), ...demands };
/** With `if_changed` a record that is so already stays as it is. */
export const changes = {
  changes: v.any(),
  updated_at: v.string(),
  if_changed: v.optional(v.boolean()),
  ...demands,
};
type Target = ObjectType<typeof target>;

/** Keep a new record; the record as kept. */
export async function inserted(
  ctx: Writing,
  generation: string,
  { resource, request, ...given }: { resource: string; request: string } & ObjectType<typeof newRecord>,
): Promise<Record> {
  const record =
    given.client_id === true ? await continued(ctx, generation, resource, given.record) : given.record;
  await put(ctx, generation, resource, record);
  await demandTargets(ctx, generation, resource, record, given.demands);
  const position = positionOf(record.created_at, record.id);
  for (const list of listsOf(generation, resource, record.owner)) {
    await blocks.added(ctx, list, position);
    await blocks.tend(ctx, list, await totals.add(ctx, list, totals.shardOf(request), 1), 1);
  }
  return record;
}

/** `record` at the version that is due under its id, which must be free. */
async function continued(
  ctx: Reading,
  generation: string,
  resource: string,
  record: Record,
): Promise<Record> {
  if ((await under(ctx, generation, resource, record.id)) !== null) throw refusal("RecordExists");
  return { ...record, version: (await deleted.lastVersion(ctx, generation, resource, record.id)) + 1 };
}

/** A record as an update left it; `made` is false where it was so already. */
export type Updated = { record: Record; made: boolean };

/** Set some fields of a record. */
export async function updated(
  ctx: Writing,
  generation: string,
  args: Target & ObjectType<typeof changes>,
): Promise<Updated> {
  const document = await expected(ctx, generation, args);
  const record = recordOf(document);
  const value = completed(args.resource, { ...document.value, ...args.changes });
  const before = completed(args.resource, document.value);
  if (args.if_changed === true && compareValues(before as Value, value as Value) === 0) {
    return { record, made: false };
  }
  await demandUnique(ctx, generation, args.resource, { ...document, value });
  await demandTargets(ctx, generation, args.resource, { ...document, value }, args.demands);
  const changed = { version: document.version + 1, updated_at: args.updated_at, value };
  await ctx.db.patch(document._id, changed);
  return { record: { ...record, ...changed }, made: true };
}

/** Remove a record. */
export async function removed(
  ctx: Writing,
  generation: string,
  args: Target & { request: string },
): Promise<null> {
  const document = await expected(ctx, generation, args);
  await ctx.db.delete(document._id);
  await demandUnreferenced(ctx, generation, args.resource, document.id);
  await deleted.remember(ctx, generation, args.resource, document);
  for (const list of listsOf(generation, args.resource, document.owner)) {
    await totals.add(ctx, list, totals.shardOf(args.request), -1);
    await blocks.removed(ctx, list, document.position);
  }
  return null;
}

/** Put a record, whose id must be free, into the table. */
export async function put(ctx: Writing, generation: string, resource: string, record: Record): Promise<void> {
  const table = tableOf(resource);
  if ((await under(ctx, generation, resource, record.id)) !== null) throw refusal("IdTaken");
  const position = positionOf(record.created_at, record.id);
  const value = completed(resource, record.value);
  await demandUnique(ctx, generation, resource, { ...record, value });
  await ctx.db.insert(table, { ...record, value, generation, position });
}

/** The record under an id, of any owner. */
async function under(ctx: Reading, generation: string, resource: string, id: string) {
  return await ctx.db
    .query(tableOf(resource))
    .withIndex("by_record", (q) => q.eq("generation", generation).eq("id", id))
    .first();
}

/** The record that is asked for; with an owner, only if it is that owner's. */
export async function find(
  ctx: Reading,
  generation: string,
  { resource, id, owner }: { resource: string; id: string; owner: string | null },
): Promise<Document> {
  const document = await under(ctx, generation, resource, id);
  if (document === null || (owner !== null && document.owner !== owner)) throw refusal("NotFound");
  return document;
}

/** The record that is asked for, at the version that is expected. */
async function expected(ctx: Reading, generation: string, asked: Target): Promise<Document> {
  const document = await find(ctx, generation, asked);
  if (asked.expected_version !== null && asked.expected_version !== document.version) {
    throw refusal("VersionConflict", { current: document.version });
  }
  return document;
}
