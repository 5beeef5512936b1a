// References: what a record refers to is there. A mutation that looks and finds nothing, or a record, is run
// again where another one has written there meanwhile, so no two can leave a reference to nothing between them.
import type { IndexRangeBuilder } from "convex/server";
import { type ObjectType, v } from "convex/values";

import { type Document, type Reading, refusal, tableOf } from "./model";
import { foreignKeys } from "./schema";
import type { ForeignKey } from "./tables";

const demand = {
  field: v.string(),
  resource: v.string(),
  record_id: v.string(),
  /** Whose the record has to be that the field refers to; null is no owner. */
  owner: v.union(v.string(), v.null()),
};
export const demands = { demands: v.optional(v.array(v.object(demand))) };
export type Demand = ObjectType<typeof demand>;

type Referring = { id: string; value: { [name: string]: unknown } };

/** By which records of a resource refer to others. */
export function keysOf(resource: string): ForeignKey[] {
  return foreignKeys.filter((key) => key.resource === resource);
}

/** Throws where a record refers to one that is not there, or not as demanded. */
export async function demandTargets(
  ctx: Reading,
  generation: string,
  resource: string,
  { value }: Referring,
  demands: Demand[] = [],
): Promise<void> {
  for (const { field, target } of keysOf(resource)) {
    const id = value[field];
    if (typeof id === "string" && (await under(ctx, generation, target, id)) === null) {
      throw refusal("ReferenceMissing", { field });
    }
  }
  for (const { field, resource: target, record_id, owner } of demands) {
    const found = await under(ctx, generation, target, record_id);
    if (found === null || found.owner !== owner) throw refusal("ReferenceMissing", { field });
  }
}

/** Throws where another record refers to the one with this id, which is deleted already. */
export async function demandUnreferenced(
  ctx: Reading,
  generation: string,
  resource: string,
  id: string,
): Promise<void> {
  for (const key of foreignKeys.filter((each) => each.target === resource)) {
    const found = await ctx.db
      .query(tableOf(key.resource))
      .withIndex(key.index as "by_record", (q) => {
        // Which indexes there are is known in `schema.ts` alone.
        const range = q.eq("generation", generation) as unknown as IndexRangeBuilder<
          Document,
          string[],
          number
        >;
        return (range as unknown as { eq: (field: string, value: string) => typeof range }).eq(
          `value.${key.field}`,
          id,
        );
      })
      .first();
    if (found !== null) throw refusal("Referenced");
  }
}

async function under(ctx: Reading, generation: string, resource: string, id: string) {
  return await ctx.db
    .query(tableOf(resource))
    .withIndex("by_record", (q) => q.eq("generation", generation).eq("id", id))
    .first();
}
