// Loading a whole store, all of it or nothing. Records come in many transactions, into a generation that
// no query reads; one last transaction makes it the one that is served. What is not served any more, or was
// given up, is removed afterwards by Convex's scheduler, a part at a time, whatever became of the caller.
import { makeFunctionReference } from "convex/server";
import { ConvexError, getDocumentSize, v } from "convex/values";

import * as blocks from "./blocks";
import { beginFilled } from "./complete";
import { type List, listsOf } from "./lists";
import {
  positionOf,
  type Reading,
  type Record,
  record,
  refusal,
  servedGeneration,
  tableOf,
  type Writing,
} from "./model";
import { once } from "./once";
import { demandTargets } from "./references";
import { declared } from "./schema";
import * as totals from "./totals";
import { put } from "./writing";

/** A load that received nothing for so long (milliseconds) is discarded. */
const LOAD_TIMEOUT = 60 * 60 * 1000;
/** What one run of `checkLoad` looks at, and one of `sweep` removes, at most: a fraction of what Convex allows. */
const CHECKED_DOCUMENTS = 500;
const SWEPT_DOCUMENTS = 1000;
const SWEPT_BYTES = 4 << 20;

const sweepReference = makeFunctionReference<"mutation">("records:sweep");
const expireReference = makeFunctionReference<"mutation">("records:expireLoad");

type Load = { generation: string };
type Request = { request: string };

/** Start a load under a name that no other load had. */
export const beginLoad = {
  args: { generation: v.string(), replace: v.boolean(), request: v.string() },
  handler: async (ctx: Writing, args: Load & Request & { replace: boolean }) =>
    await inOneGo(ctx, args, async () => {
      await demandEmpty(ctx, args.replace);
      const { generation } = args;
      await ctx.db.insert("estuary_loads", { generation, state: "loading", touched_at: Date.now() });
      await beginFilled(ctx, generation);
      await ctx.scheduler.runAfter(LOAD_TIMEOUT, expireReference, { generation });
    }),
};

/** Keep some records of a resource in a load's generation. */
export const appendLoad = {
  args: { generation: v.string(), resource: v.string(), records: v.array(record), request: v.string() },
  handler: async (ctx: Writing, args: Load & Request & { resource: string; records: Record[] }) =>
    await inOneGo(ctx, args, async () => {
      const load = await demandLoading(ctx, args.generation);
      await ctx.db.patch(load._id, { touched_at: Date.now() });
      const more = new Map<string, { list: List; count: number }>();
      for (const record of args.records) {
        try {
          await put(ctx, args.generation, args.resource, record);
        } catch (error) {
          if (!(error instanceof ConvexError)) throw error;
          throw new ConvexError({ ...error.data, refused: record.id });
        }
        for (const list of listsOf(args.generation, args.resource, record.owner)) {
          await blocks.added(ctx, list, positionOf(record.created_at, record.id));
          const counted = more.get(list.name) ?? { list, count: 0 };
          more.set(list.name, { list, count: counted.count + 1 });
        }
      }
      for (const { list, count } of more.values()) {
        const counted = await totals.add(ctx, list, totals.shardOf(args.request), count);
        await blocks.tend(ctx, list, counted, count);
      }
    }),
};

/** Serve what was loaded instead of what was served until now. */
export const commitLoad = {
  args: { generation: v.string(), replace: v.boolean(), request: v.string() },
  handler: async (ctx: Writing, args: Load & Request & { replace: boolean }) =>
    await inOneGo(ctx, args, async () => {
      const load = await demandLoading(ctx, args.generation);
      await demandEmpty(ctx, args.replace);
      const served = await servedGeneration(ctx);
      const state = await ctx.db.query("estuary_state").first();
      if (state === null) await ctx.db.insert("estuary_state", { generation: args.generation });
      else await ctx.db.patch(state._id, { generation: args.generation });
      await ctx.db.patch(load._id, { generation: served, state: "discarded" });
      await ctx.scheduler.runAfter(0, sweepReference, {});
    }),
};

/** Give a load up; one that is committed, or given up already, stays as it is. */
export const discardLoad = {
  args: { generation: v.string(), request: v.string() },
  handler: async (ctx: Writing, args: Load & Request) =>
    await inOneGo(ctx, args, async () => await discard(ctx, args.generation)),
};

/**
 * Look at some records of a load, from behind the id `after` on, that refer to others; where it got to, and
 * whether that is the end. They came in any order: only now all are there that they may refer to.
 */
export const checkLoad = {
  args: { generation: v.string(), resource: v.string(), after: v.string() },
  handler: async (
    ctx: Reading,
    { generation, resource, after }: { generation: string; resource: string; after: string },
  ) => {
    let documents = 0;
    for await (const document of ctx.db
      .query(tableOf(resource))
      .withIndex("by_record", (q) => q.eq("generation", generation).gt("id", after))) {
      if (documents >= CHECKED_DOCUMENTS) return { after, done: false };
      try {
        await demandTargets(ctx, generation, resource, document);
      } catch (error) {
        if (!(error instanceof ConvexError)) throw error;
        throw new ConvexError({ ...error.data, refused: document.id });
      }
      after = document.id;
      documents += 1;
    }
    return { after, done: true };
  },
};

/** Discard a load that timed out, else check again later. Called by the scheduler. */
export const expireLoad = {
  args: { generation: v.string() },
  handler: async (ctx: Writing, { generation }: Load) => {
    const load = await loading(ctx, generation);
    if (load === null) return;
    const idle = Date.now() - load.touched_at;
    if (idle >= LOAD_TIMEOUT) await discard(ctx, generation);
    else await ctx.scheduler.runAfter(LOAD_TIMEOUT - idle, expireReference, { generation });
  },
};

/** Remove a part of what is not served, and come again until nothing is left. Called by the scheduler. */
export const sweep = {
  args: {},
  handler: async (ctx: Writing) => {
    const load = await ctx.db
      .query("estuary_loads")
      .withIndex("by_state", (q) => q.eq("state", "discarded"))
      .first();
    if (load === null) return;
    if (!(await removeSome(ctx, load.generation))) await ctx.db.delete(load._id);
    await ctx.scheduler.runAfter(0, sweepReference, {});
  },
};

/** Do what a request asks, unless it was done before. */
async function inOneGo(ctx: Writing, { request }: Request, step: () => Promise<void>): Promise<null> {
  const identity = { generation: "", resource: "", request, key: null };
  await once(ctx, identity, async () => {
    await step();
    return null;
  });
  return null;
}

async function demandEmpty(ctx: Reading, replace: boolean): Promise<void> {
  if (replace) return;
  const generation = await servedGeneration(ctx);
  for (const resource of Object.keys(declared)) {
    const one = await ctx.db
      .query(tableOf(resource))
      .withIndex("by_record", (q) => q.eq("generation", generation))
      .first();
    if (one !== null) throw refusal("StoreNotEmpty");
  }
}

async function loading(ctx: Reading, generation: string) {
  const load = await ctx.db
    .query("estuary_loads")
    .withIndex("by_generation", (q) => q.eq("generation", generation))
    .first();
  return load?.state === "loading" ? load : null;
}

async function demandLoading(ctx: Reading, generation: string) {
  const load = await loading(ctx, generation);
  if (load === null) throw refusal("LoadGivenUp");
  return load;
}

async function discard(ctx: Writing, generation: string): Promise<void> {
  const load = await loading(ctx, generation);
  if (load === null) return;
  await ctx.db.patch(load._id, { state: "discarded" });
  await ctx.scheduler.runAfter(0, sweepReference, {});
}

/** Remove a part of what belongs to a generation; whether there was anything. */
async function removeSome(ctx: Writing, generation: string): Promise<boolean> {
  let [documents, bytes] = [0, 0];
  for (const source of everythingOf(ctx, generation)) {
    for await (const document of source) {
      await ctx.db.delete(document._id);
      documents += 1;
      bytes += getDocumentSize(document);
      if (documents >= SWEPT_DOCUMENTS || bytes >= SWEPT_BYTES) return true;
    }
  }
  return documents > 0;
}

function* everythingOf(ctx: Reading, generation: string) {
  for (const resource of Object.keys(declared)) {
    yield ctx.db.query(tableOf(resource)).withIndex("by_record", (q) => q.eq("generation", generation));
  }
  yield ctx.db.query("estuary_keys").withIndex("by_key", (q) => q.eq("generation", generation));
  yield ctx.db.query("estuary_filled").withIndex("by_resource", (q) => q.eq("generation", generation));
  yield ctx.db.query("estuary_deleted").withIndex("by_record", (q) => q.eq("generation", generation));
  // The names of the generation's lists begin with it and a slash; "0" follows the slash.
  const [first, end] = [`${generation}/`, `${generation}0`];
  yield ctx.db.query("estuary_totals").withIndex("by_list", (q) => q.gte("list", first).lt("list", end));
  yield ctx.db.query("estuary_blocks").withIndex("by_end", (q) => q.gte("list", first).lt("list", end));
}
