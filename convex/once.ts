// Writes that take effect once. Estuary names every write with a random text, its request: a write whose
// answer was lost is sent again under the same name, and is answered without being made again. A client's
// idempotency key does the same across requests, for as long as Estuary says.
//
// Both are kept in the write's own transaction. A write that fails is rolled back, and keeps nothing.
import { type Infer, v } from "convex/values";

import { type Record, refusal, type Writing } from "./model";
import { shardOf } from "./totals";

export const idempotencyKey = v.object({
  subject: v.string(),
  /** For whom the subject acts, "" for everybody; earlier releases of Estuary name none. */
  owner: v.optional(v.string()),
  text: v.string(),
  fingerprint: v.string(),
  /** Milliseconds since the epoch, by Estuary's clock. */
  now: v.number(),
  expires_at: v.number(),
});
export type Key = Infer<typeof idempotencyKey>;

export type Written = { record: Record | null; replayed: boolean };
/** The same of any write: what is kept of it. */
type Kept<Snapshot> = { snapshot: Snapshot; replayed: boolean };

export type Identity = { generation: string; resource: string; request: string; key: Key | null };

/** How long a request may be sent again: longer than any deadline of Estuary's. */
const REQUEST_LIFETIME = 5 * 60 * 1000;
/** Expired entries that a write removes: more than it adds, so that they become fewer. */
const REMOVED_AT_ONCE = 3;

/** What `write` gives, or gave when it was made under the same identity. */
export async function once(
  ctx: Writing,
  identity: Identity,
  write: () => Promise<Record | null>,
): Promise<Written> {
  const { key } = identity;
  if (key !== null) {
    const { snapshot, replayed } = await keyed(ctx, identity, key, write);
    return { record: snapshot, replayed };
  }
  return { record: await byRequest(ctx, identity.request, write), replayed: false };
}

/** What `write` gives, or gave when the same request was made before. */
export async function byRequest<Snapshot>(
  ctx: Writing,
  request: string,
  write: () => Promise<Snapshot>,
): Promise<Snapshot> {
  const earlier = await ctx.db
    .query("estuary_requests")
    .withIndex("by_request", (q) => q.eq("request", request))
    .unique();
  if (earlier !== null) return earlier.snapshot;
  const snapshot = await write();
  const [shard, now] = [shardOf(request), Date.now()];
  await forget(ctx, "estuary_requests", shard, now);
  const expires_at = now + REQUEST_LIFETIME;
  await ctx.db.insert("estuary_requests", { request, snapshot, shard, expires_at });
  return snapshot;
}

/** The same of the same key, which another request may have carried. */
export async function keyed<Snapshot>(
  ctx: Writing,
  { generation, resource, request }: Omit<Identity, "key">,
  { subject, owner: named, text, fingerprint, now, expires_at }: Key,
  write: () => Promise<Snapshot>,
): Promise<Kept<Snapshot>> {
  // A field that is not there, so that keys without an owner are where earlier releases kept all of them.
  const owner = named || undefined;
  const keptFor = (owner: string | undefined) =>
    ctx.db
      .query("estuary_keys")
      .withIndex("by_key", (q) =>
        q
          .eq("generation", generation)
          .eq("resource", resource)
          .eq("subject", subject)
          .eq("owner", owner)
          .eq("text", text),
      )
      .unique();
  const earlier = await keptFor(owner);
  if (owner !== undefined && earlier === null) {
    // An earlier release may have kept it without the owner, whom the snapshot names.
    const ownerless = await keptFor(undefined);
    const isTheirs = ownerless?.snapshot?.owner === owner && ownerless.fingerprint + owner === fingerprint;
    if (ownerless !== null && isTheirs && now < ownerless.expires_at) {
      return { snapshot: ownerless.snapshot, replayed: true };
    }
  }
  if (earlier !== null && now < earlier.expires_at) {
    if (earlier.fingerprint !== fingerprint) throw refusal("IdempotencyKeyReused");
    return { snapshot: earlier.snapshot, replayed: earlier.request !== request };
  }
  const snapshot = await write();
  const shard = shardOf(request);
  if (earlier !== null) await ctx.db.delete(earlier._id);
  await forget(ctx, "estuary_keys", shard, now);
  await ctx.db.insert("estuary_keys", {
    ...{ generation, resource, subject, owner, text },
    ...{ fingerprint, request, snapshot, shard, expires_at },
  });
  return { snapshot, replayed: false };
}

/** Remove a few of the shard's entries that have expired; writers of other shards are left alone. */
async function forget(
  ctx: Writing,
  table: "estuary_requests" | "estuary_keys",
  shard: number,
  now: number,
): Promise<void> {
  const expired = await ctx.db
    .query(table)
    .withIndex("by_expiry", (q) => q.eq("shard", shard).lte("expires_at", now))
    .take(REMOVED_AT_ONCE);
  for (const { _id } of expired) await ctx.db.delete(_id);
}
