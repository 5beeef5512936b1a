// What Estuary asks of the records of a resource: arguments and handlers, which records.ts and public.ts
// offer under their own visibility.
import { ConvexError, getDocumentSize, type Infer, type ObjectType, v } from "convex/values";

import * as blocks from "./blocks";
import { completed, filled, indexesOf } from "./complete";
import { List, listsOf } from "./lists";
import {
  type Document,
  positionOf,
  type Reading,
  type Record,
  record,
  recordOf,
  refusal,
  servedGeneration,
  tableOf,
  type Writing,
} from "./model";
import { byRequest, idempotencyKey, once } from "./once";
import { declared, indexed } from "./schema";
import { type Selection, selected } from "./select";
import * as totals from "./totals";

/** Of these functions; Estuary refuses to work with those of another one. */
const PROTOCOL = 1;
/** Grows with what Estuary may ask for: an Estuary that needs no more works with these functions, too. */
const REVISION = 3;
/** Bytes of records in one answer: a quarter of what Convex allows. Estuary asks again for the rest. */
const ANSWER_BYTES = 4 << 20;

const owner = v.union(v.string(), v.null());
const inResource = { resource: v.string() };
const write = { ...inResource, request: v.string(), key: v.union(idempotencyKey, v.null()) };
const conditionalWrite = {
  ...write,
  id: v.string(),
  owner,
  expected_version: v.union(v.number(), v.null()),
};

const changes = { changes: v.any(), updated_at: v.string() };
const target = { ...inResource, id: v.string(), owner, expected_version: v.union(v.number(), v.null()) };
const oneOfSeveral = v.union(
  v.object({ kind: v.literal("insert"), ...inResource, record }),
  v.object({ kind: v.literal("update"), ...target, ...changes }),
  v.object({ kind: v.literal("delete"), ...target }),
);
type OneOfSeveral = Infer<typeof oneOfSeveral>;
type Target = ObjectType<typeof target>;

/** What is deployed: writes nothing, and reads no record. */
export const describe = {
  args: {},
  handler: async (ctx: Reading) => ({
    protocol: PROTOCOL,
    revision: REVISION,
    declared,
    indexed: Object.fromEntries(Object.keys(indexed).map((name) => [name, indexesOf(name)])),
    filled: await filled(ctx),
  }),
};

export const get = {
  args: { ...inResource, id: v.string(), owner },
  handler: async (ctx: Reading, args: { resource: string; id: string; owner: string | null }) =>
    recordOf(await find(ctx, await servedGeneration(ctx), args)),
};

export const insert = {
  args: { ...write, record },
  handler: async (ctx: Writing, args: ObjectType<typeof write> & { record: Record }) => {
    const generation = await servedGeneration(ctx);
    const written = await once(ctx, { generation, ...args }, async () => {
      await inserted(ctx, generation, args);
      // Who sends the write again knows the record; who sends its key again may not.
      return args.key === null ? null : args.record;
    });
    return written.replayed ? written : { ...written, record: null };
  },
};

export const update = {
  args: { ...conditionalWrite, ...changes },
  handler: async (ctx: Writing, args: ObjectType<typeof conditionalWrite> & ObjectType<typeof changes>) => {
    const generation = await servedGeneration(ctx);
    return await once(ctx, { generation, ...args }, async () => await updated(ctx, generation, args));
  },
};

export const remove = {
  args: conditionalWrite,
  handler: async (ctx: Writing, args: ObjectType<typeof conditionalWrite>) => {
    const generation = await servedGeneration(ctx);
    return await once(ctx, { generation, ...args }, async () => await removed(ctx, generation, args));
  },
};

/** Several writes, in their order: all of them or none. Gives the records as written, null for a removed one. */
export const transact = {
  args: { request: v.string(), writes: v.array(oneOfSeveral) },
  handler: async (ctx: Writing, { request, writes }: { request: string; writes: OneOfSeveral[] }) => {
    const generation = await servedGeneration(ctx);
    return await byRequest(ctx, request, async () => {
      const written: (Record | null)[] = [];
      for (const [index, write] of writes.entries()) {
        try {
          written.push(await made(ctx, generation, request, write));
        } catch (error) {
          // What was written before it is rolled back with it.
          throw error instanceof ConvexError ? new ConvexError({ ...error.data, index }) : error;
        }
      }
      return written;
    });
  },
};

/** Up to `limit` records behind a position; fewer only at the end, or where `cut`. */
export const page = {
  args: { ...inResource, owner, after: v.string(), limit: v.number() },
  handler: async (
    ctx: Reading,
    args: { resource: string; owner: string | null; after: string; limit: number },
  ) => {
    const list = new List(await servedGeneration(ctx), args.resource, args.owner);
    return await taken(ctx, list, args.after, 0, args.limit);
  },
};

/** As `page`, from the record number `offset` on, with the number of all records. */
export const slice = {
  args: { ...inResource, owner, offset: v.number(), limit: v.number() },
  handler: async (
    ctx: Reading,
    args: { resource: string; owner: string | null; offset: number; limit: number },
  ) => {
    const list = new List(await servedGeneration(ctx), args.resource, args.owner);
    const total = await totals.total(ctx, list);
    if (args.offset >= total) return { records: [], cut: false, total };
    const { after, skip } = await blocks.locate(ctx, list, args.offset);
    return { ...(await taken(ctx, list, after, skip, args.limit)), total };
  },
};

/**
 * Up to `limit` selected records from the number `offset` on, as `page` gives them, and where `counted` how
 * many there are, or at least `at_most`; where it is `exceeded` there are more, and counting them would take
 * too many looks. `refused` where finding them does.
 */
export const select = {
  args: {
    ...inResource,
    owner,
    selection: v.any(),
    offset: v.number(),
    limit: v.number(),
    counted: v.boolean(),
    at_most: v.union(v.number(), v.null()),
  },
  handler: async (
    ctx: Reading,
    args: {
      resource: string;
      owner: string | null;
      selection: Selection;
      offset: number;
      limit: number;
      counted: boolean;
      at_most: number | null;
    },
  ) => {
    const list = new List(await servedGeneration(ctx), args.resource, args.owner);
    const last = args.offset + args.limit;
    // The number of all records is kept; that of some is counted.
    const counts = args.counted && args.selection.where.length > 0;
    const more = args.at_most === null ? null : Math.max(last, args.at_most + 1);
    const found = await selected(ctx, list, args.selection, last, counts ? more : last);
    if (found === null) return { records: [], cut: false, total: 0, exceeded: false, refused: true };
    const total = args.counted && !counts ? await totals.total(ctx, list) : found.met;
    const { exceeded } = found;
    const records: Record[] = [];
    let bytes = 0;
    for (const document of found.documents.slice(args.offset, last)) {
      if (bytes >= ANSWER_BYTES) return { records, cut: true, total, exceeded, refused: false };
      records.push(recordOf(document));
      bytes += getDocumentSize(document);
    }
    return { records, cut: false, total, exceeded, refused: false };
  },
};

export const count = {
  args: { ...inResource, owner },
  handler: async (ctx: Reading, args: { resource: string; owner: string | null }) =>
    await totals.total(ctx, new List(await servedGeneration(ctx), args.resource, args.owner)),
};

/** Make one of several writes. */
async function made(
  ctx: Writing,
  generation: string,
  request: string,
  write: OneOfSeveral,
): Promise<Record | null> {
  switch (write.kind) {
    case "insert":
      await inserted(ctx, generation, { request, ...write });
      return null;
    case "update":
      return await updated(ctx, generation, write);
    case "delete":
      return await removed(ctx, generation, { request, ...write });
  }
}

async function inserted(
  ctx: Writing,
  generation: string,
  { resource, request, record }: { resource: string; request: string; record: Record },
): Promise<void> {
  await put(ctx, generation, resource, record);
  const position = positionOf(record.created_at, record.id);
  for (const list of listsOf(generation, resource, record.owner)) {
    await blocks.added(ctx, list, position);
    await blocks.tend(ctx, list, await totals.add(ctx, list, totals.shardOf(request), 1), 1);
  }
}

async function updated(
  ctx: Writing,
  generation: string,
  args: Target & ObjectType<typeof changes>,
): Promise<Record> {
  const document = await expected(ctx, generation, args);
  const changed = {
    version: document.version + 1,
    updated_at: args.updated_at,
    value: completed(args.resource, { ...document.value, ...args.changes }),
  };
  await ctx.db.patch(document._id, changed);
  return { ...recordOf(document), ...changed };
}

async function removed(ctx: Writing, generation: string, args: Target & { request: string }): Promise<null> {
  const document = await expected(ctx, generation, args);
  await ctx.db.delete(document._id);
  for (const list of listsOf(generation, args.resource, document.owner)) {
    await totals.add(ctx, list, totals.shardOf(args.request), -1);
    await blocks.removed(ctx, list, document.position);
  }
  return null;
}

/** Put a record, whose id must be free, into the table. */
export async function put(ctx: Writing, generation: string, resource: string, record: Record): Promise<void> {
  const table = tableOf(resource);
  const taken = await ctx.db
    .query(table)
    .withIndex("by_record", (q) => q.eq("generation", generation).eq("id", record.id))
    .first();
  if (taken !== null) throw refusal("IdTaken");
  const position = positionOf(record.created_at, record.id);
  const value = completed(resource, record.value);
  await ctx.db.insert(table, { ...record, value, generation, position });
}

/** The record that is asked for; with an owner, only if it is that owner's. */
async function find(
  ctx: Reading,
  generation: string,
  { resource, id, owner }: { resource: string; id: string; owner: string | null },
): Promise<Document> {
  const document = await ctx.db
    .query(tableOf(resource))
    .withIndex("by_record", (q) => q.eq("generation", generation).eq("id", id))
    .first();
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

/** Up to `limit` records behind `after` and `skip` more; `cut` where they would be too much at once. */
async function taken(ctx: Reading, list: List, after: string, skip: number, limit: number) {
  const records: Record[] = [];
  let bytes = 0;
  for await (const document of list.behind(ctx, after)) {
    if (skip > 0) {
      skip -= 1;
      continue;
    }
    records.push(recordOf(document));
    bytes += getDocumentSize(document);
    if (records.length === limit) break;
    if (bytes >= ANSWER_BYTES) return { records, cut: true };
  }
  return { records, cut: false };
}
