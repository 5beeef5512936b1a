// The last versions of deleted records: a new one under such an id goes on from there, so that no entity tag
// ever stands for two contents.
import { type Reading, type Writing } from "./model";

/** Note that a record was deleted at this version. */
export async function remember(
  ctx: Writing,
  generation: string,
  resource: string,
  { id, version }: { id: string; version: number },
): Promise<void> {
  const earlier = await find(ctx, generation, resource, id);
  if (earlier === null) await ctx.db.insert("estuary_deleted", { generation, resource, id, version });
  else await ctx.db.patch(earlier._id, { version });
}

/** The last version of a deleted record; 0 where there was none under this id. */
export async function lastVersion(
  ctx: Reading,
  generation: string,
  resource: string,
  id: string,
): Promise<number> {
  const deleted = await find(ctx, generation, resource, id);
  return deleted === null ? 0 : deleted.version;
}

function find(ctx: Reading, generation: string, resource: string, id: string) {
  return ctx.db
    .query("estuary_deleted")
    .withIndex("by_record", (q) => q.eq("generation", generation).eq("resource", resource).eq("id", id))
    .unique();
}
