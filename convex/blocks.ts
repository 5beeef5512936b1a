// Offsets without a scan. The older part of a list is cut into blocks whose lengths are known; an offset
// skips them and reads records from there on. A block ends with its `end` and begins behind the one before.
// What lies behind the last block is the tail: records are added there without any block being written to,
// and now and then the oldest of them are closed into a block.
import { getDocumentSize } from "convex/values";

import { type List } from "./lists";
import { type Reading, type Writing } from "./model";

/** Records of a block when it is closed, or fewer if they have so many bytes. */
const BLOCK = 256;
const BLOCK_BYTES = 1 << 19;
/** Blocks that one query may look at: half of what Convex allows it. */
const MOST_BLOCKS = 16_000;
/** A shard looks whether the tail has grown too long whenever it counts so many records more. */
const CLOSE_EVERY = 64;
/** So many blocks it closes then at most: enough for records of 32 KiB, and for smaller ones. */
const CLOSED_AT_ONCE = 4;

const START = "";

/** Note that `list` has a record more at `position`. */
export async function added(ctx: Writing, list: List, position: string): Promise<void> {
  const block = await blockOf(ctx, list, position);
  if (block === null) return;
  await ctx.db.patch(block._id, { count: block.count + 1 });
  if (block.count + 1 >= 2 * BLOCK) await split(ctx, list, block.end);
}

/** Note that `list` has a record less at `position`. An empty block leaves its place to the next one. */
export async function removed(ctx: Writing, list: List, position: string): Promise<void> {
  const block = await blockOf(ctx, list, position);
  if (block === null) return;
  if (block.count === 1) await ctx.db.delete(block._id);
  else await ctx.db.patch(block._id, { count: block.count - 1 });
}

/** Look after the tail, now and then: `more` records were added, of which a shard now counts `count`. */
export async function tend(ctx: Writing, list: List, count: number, more: number): Promise<void> {
  if (Math.floor(count / CLOSE_EVERY) === Math.floor((count - more) / CLOSE_EVERY)) return;
  for (let closed = 0; closed < CLOSED_AT_ONCE && (await close(ctx, list)); closed += 1);
}

/** Where to read on for the record number `offset`: behind `after`, and `skip` records further. */
export async function locate(ctx: Reading, list: List, offset: number) {
  const blocks = ctx.db.query("estuary_blocks").withIndex("by_end", (q) => q.eq("list", list.name));
  let after = START;
  let skip = offset;
  for (const block of await blocks.take(MOST_BLOCKS)) {
    if (skip < block.count) break;
    skip -= block.count;
    after = block.end;
  }
  return { after, skip };
}

function blockOf(ctx: Reading, list: List, position: string) {
  return ctx.db
    .query("estuary_blocks")
    .withIndex("by_end", (q) => q.eq("list", list.name).gte("end", position))
    .first();
}

/** The end of the last block before `end`, or of the last block of all. */
async function endBefore(ctx: Reading, list: List, end?: string): Promise<string> {
  const block = await ctx.db
    .query("estuary_blocks")
    .withIndex("by_end", (q) => {
      const blocks = q.eq("list", list.name);
      return end === undefined ? blocks : blocks.lt("end", end);
    })
    .order("desc")
    .first();
  return block === null ? START : block.end;
}

/** Close the oldest of the tail into a block if at least as much remains; whether that was so. */
async function close(ctx: Writing, list: List): Promise<boolean> {
  const head = await run(ctx, list, await endBefore(ctx, list));
  const rest = await run(ctx, list, head.end);
  if (!head.full || !rest.full) return false;
  await ctx.db.insert("estuary_blocks", { list: list.name, end: head.end, count: head.count });
  return true;
}

/** Make two of the block that ends with `end`. */
async function split(ctx: Writing, list: List, end: string): Promise<void> {
  const first = await run(ctx, list, await endBefore(ctx, list, end));
  const block = await blockOf(ctx, list, end);
  if (block === null || first.count >= block.count) return;
  await ctx.db.insert("estuary_blocks", { list: list.name, end: first.end, count: first.count });
  await ctx.db.patch(block._id, { count: block.count - first.count });
}

/** The records behind `after` that would make a block, and whether there were enough of them. */
async function run(ctx: Reading, list: List, after: string) {
  let [end, count, bytes] = [after, 0, 0];
  for await (const document of list.behind(ctx, after)) {
    end = document.position;
    count += 1;
    bytes += getDocumentSize(document);
    if (count === BLOCK || bytes >= BLOCK_BYTES) return { end, count, full: true };
  }
  return { end, count, full: false };
}
