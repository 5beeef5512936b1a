// Exact totals. A list's total is the sum of its shards' counts: two writers meet, and one of them is run
// again by Convex, only where both happen to count in the same shard.
import { type List } from "./lists";
import { type Reading, type Writing } from "./model";

/** How many parts a total has; each is one hexadecimal digit. */
export const SHARDS = 16;

/** The shard of a write: the last digit of its request's name, which is random. */
export function shardOf(request: string): number {
  return Number.parseInt(request.slice(-1), SHARDS) || 0;
}

/** Count `by` more records of `list`; the shard's own count afterwards, which may be negative. */
export async function add(ctx: Writing, list: List, shard: number, by: number): Promise<number> {
  const part = await ctx.db
    .query("estuary_totals")
    .withIndex("by_list", (q) => q.eq("list", list.name).eq("shard", shard))
    .unique();
  const count = (part?.count ?? 0) + by;
  if (part === null) await ctx.db.insert("estuary_totals", { list: list.name, shard, count });
  else if (count === 0) await ctx.db.delete(part._id);
  else await ctx.db.patch(part._id, { count });
  return count;
}

/** How many records `list` has. */
export async function total(ctx: Reading, list: List): Promise<number> {
  const parts = await ctx.db
    .query("estuary_totals")
    .withIndex("by_list", (q) => q.eq("list", list.name))
    .take(SHARDS);
  return parts.reduce((sum, part) => sum + part.count, 0);
}
