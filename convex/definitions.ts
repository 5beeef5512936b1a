// What Estuary asks of the records of a resource: arguments and handlers, which records.ts and public.ts
// offer under their own visibility.
import { ConvexError, getDocumentSize, type Infer, type ObjectType, type Value, v } from "convex/values";

import * as blocks from "./blocks";
import { filled, indexesOf } from "./complete";
import { List } from "./lists";
import { type Reading, type Record, recordOf, refusal, servedGeneration, type Writing } from "./model";
import { byRequest, idempotencyKey, type Key, keyed, once } from "./once";
import { declared, indexed } from "./schema";
import { type Selection, selected } from "./select";
import * as totals from "./totals";
import { byKey } from "./unique";
import { changes, find as findById, inserted, newRecord, removed, target, updated } from "./writing";

/** Of these functions; Estuary refuses to work with those of another one. */
const PROTOCOL = 1;
/** Grows with what Estuary may ask for: an Estuary that needs no more works with these functions, too. */
const REVISION = 8;
/** Bytes of records in one answer: a quarter of what Convex allows. Estuary asks again for the rest. */
const ANSWER_BYTES = 4 << 20;
/** Bytes that several writes may leave behind: what is kept of them is one document, which Convex bounds. */
const KEPT_BYTES = 900_000;
/** Stands where keys have their resource, for those of several writes. */
const BATCH = "batch";

const owner = v.union(v.string(), v.null());
const inResource = { resource: v.string() };
/** Whether what is written is to be rolled back; earlier releases of Estuary do not say. */
const tried = { dry_run: v.optional(v.boolean()) };
const kinds = [
  { kind: v.literal("insert"), ...inResource, ...newRecord },
  { kind: v.literal("update"), ...target, ...changes },
  { kind: v.literal("delete"), ...target },
] as const;
const alone = v.union(v.object(kinds[0]), v.object(kinds[1]), v.object(kinds[2]));
type Alone = Infer<typeof alone>;
/** Writes that are made before another one, in its transaction. */
const preceded = { before: v.optional(v.array(alone)) };
const write = {
  ...inResource,
  request: v.string(),
  key: v.union(idempotencyKey, v.null()),
  ...tried,
  ...preceded,
};
const conditionalWrite = { ...write, ...target };

const oneOfSeveral = v.union(
  v.object({ ...kinds[0], ...preceded }),
  v.object({ ...kinds[1], ...preceded }),
  v.object({ ...kinds[2], ...preceded }),
);
type OneOfSeveral = Infer<typeof oneOfSeveral>;
/** The record as written; null for a removed one, and for a new one whose caller knows it. */
type OneWritten = { record: Record | null; made: boolean };

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
    recordOf(await findById(ctx, await servedGeneration(ctx), args)),
};

/** The records that have these values of a unique key: two at most. */
export const find = {
  args: { ...inResource, index: v.string(), values: v.array(v.any()), owner },
  handler: async (
    ctx: Reading,
    args: { resource: string; index: string; values: string[]; owner: string | null },
  ) => (await byKey(ctx, await servedGeneration(ctx), args.resource, args)).map(recordOf),
};

export const insert = {
  args: { ...write, ...newRecord },
  handler: async (ctx: Writing, args: ObjectType<typeof write> & ObjectType<typeof newRecord>) => {
    const generation = await servedGeneration(ctx);
    const written = await once(ctx, { generation, ...args }, async () => {
      await precede(ctx, generation, args);
      const kept = await inserted(ctx, generation, args);
      // Who sends the write again knows the record; who sends its key again may not.
      return args.key === null && args.client_id !== true ? null : kept;
    });
    const isKnown = !written.replayed && args.client_id !== true;
    return answered(args, isKnown ? { ...written, record: null } : written);
  },
};

export const update = {
  args: { ...conditionalWrite, ...changes },
  handler: async (ctx: Writing, args: ObjectType<typeof conditionalWrite> & ObjectType<typeof changes>) => {
    const generation = await servedGeneration(ctx);
    let made = true;
    const written = await once(ctx, { generation, ...args }, async () => {
      await precede(ctx, generation, args);
      const outcome = await updated(ctx, generation, args);
      made = outcome.made;
      return outcome.record;
    });
    return answered(args, { ...written, made });
  },
};

export const remove = {
  args: conditionalWrite,
  handler: async (ctx: Writing, args: ObjectType<typeof conditionalWrite>) => {
    const generation = await servedGeneration(ctx);
    const written = await once(ctx, { generation, ...args }, async () => {
      await precede(ctx, generation, args);
      return await removed(ctx, generation, args);
    });
    return answered(args, written);
  },
};

/**
 * Several writes, in their order: all of them or none. Gives what each left behind; with a key also whether
 * that was an earlier request's doing.
 */
export const transact = {
  args: {
    request: v.string(),
    writes: v.array(oneOfSeveral),
    key: v.optional(v.union(idempotencyKey, v.null())),
    ...tried,
  },
  handler: async (
    ctx: Writing,
    {
      request,
      writes,
      key,
      dry_run,
    }: { request: string; writes: OneOfSeveral[]; key?: Key | null; dry_run?: boolean },
  ) => {
    const generation = await servedGeneration(ctx);
    const isKeyed = key !== undefined && key !== null;
    const make = async () => {
      const written: OneWritten[] = [];
      for (const [index, write] of writes.entries()) {
        try {
          await precede(ctx, generation, { request, ...write });
          written.push(await made(ctx, generation, request, write, isKeyed));
        } catch (error) {
          // What was written before it is rolled back with it.
          throw error instanceof ConvexError ? new ConvexError({ ...error.data, index }) : error;
        }
      }
      if (getDocumentSize({ written }) > KEPT_BYTES) throw refusal("TransactionTooLarge");
      return written;
    };
    if (!isKeyed) return answered({ dry_run }, await byRequest(ctx, request, make));
    const kept = await keyed(ctx, { generation, resource: BATCH, request }, key, make);
    return answered({ dry_run }, { written: kept.snapshot, replayed: kept.replayed });
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

/** The `answer` of a write; that of a dry run is thrown, which has Convex roll back what was written. */
function answered<Answer extends Value>({ dry_run }: { dry_run?: boolean }, answer: Answer): Answer {
  if (dry_run === true) throw new ConvexError({ code: "DryRun", answer });
  return answer;
}

/** Make the writes that come before another one; an error says which could not be made. */
async function precede(
  ctx: Writing,
  generation: string,
  { request, before }: { request: string; before?: Alone[] },
): Promise<void> {
  for (const [index, write] of (before ?? []).entries()) {
    try {
      await made(ctx, generation, request, write, false);
    } catch (error) {
      throw error instanceof ConvexError ? new ConvexError({ ...error.data, before: index }) : error;
    }
  }
}

/** Make one of several writes. */
async function made(
  ctx: Writing,
  generation: string,
  request: string,
  write: Alone,
  isKeyed: boolean,
): Promise<OneWritten> {
  switch (write.kind) {
    case "insert":
      const record = await inserted(ctx, generation, { request, ...write });
      // Who sends the writes again knows the record; who sends their key again may not.
      return { record: isKeyed || write.client_id === true ? record : null, made: true };
    case "update":
      return await updated(ctx, generation, write);
    case "delete":
      return { record: await removed(ctx, generation, { request, ...write }), made: true };
  }
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
