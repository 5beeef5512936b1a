// Unique keys: of the values of some fields each record has its own. A mutation that looks into an index and
// finds nothing is run again where another one has written there meanwhile, so of two at once one is refused.
import type { IndexRangeBuilder } from "convex/server";

import { type Document, type Reading, refusal, tableOf } from "./model";
import { uniqueKeys } from "./schema";
import type { UniqueKey } from "./tables";

type Value = string | number | boolean | null | undefined;
type Range = IndexRangeBuilder<Document, string[], number>;

/** Throws where another record has the values that `value` has of one of the resource's unique keys. */
export async function demandUnique(
  ctx: Reading,
  generation: string,
  resource: string,
  { id, owner, value }: { id: string; owner: string; value: { [name: string]: unknown } },
): Promise<void> {
  for (const key of uniqueKeys[resource] ?? []) {
    const values = key.compared.map((name) => value[name] as Value);
    if (values.some((each) => each === null || each === undefined)) continue;
    const found = await having(ctx, generation, resource, key, values, key.ofAll ? null : owner).take(2);
    if (found.some((other) => other.id !== id)) {
      throw refusal("UniqueConflict", { fields: key.fields.join(",") });
    }
  }
}

/** The records that have these values of the key whose index is named, of one owner or of all: three at most. */
export async function byKey(
  ctx: Reading,
  generation: string,
  resource: string,
  { index, values, owner }: { index: string; values: Value[]; owner: string | null },
): Promise<Document[]> {
  const key = uniqueKeys[resource]?.find((each) => each.index === index);
  if (key === undefined) throw refusal("UnknownKey");
  const found = await having(ctx, generation, resource, key, values, key.ofAll ? null : owner).take(3);
  return found.filter((document) => owner === null || document.owner === owner);
}

function having(
  ctx: Reading,
  generation: string,
  resource: string,
  { index, compared }: UniqueKey,
  values: Value[],
  owner: string | null,
) {
  return ctx.db.query(tableOf(resource)).withIndex(index as "by_record", (q) => {
    // Which indexes there are is known in `schema.ts` alone, and there by names that are declared elsewhere.
    let range = q.eq("generation", generation) as unknown as Range;
    for (const [place, name] of compared.entries()) range = equal(range, `value.${name}`, values[place]);
    return owner === null ? range : equal(range, "owner", owner);
  });
}

function equal(range: Range, field: string, value: Value): Range {
  return (range as unknown as { eq: (field: string, value: Value) => Range }).eq(field, value);
}
