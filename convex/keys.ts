// API keys: digests of their secrets and what they grant. They belong to the deployment, not to a generation
// of records: a load leaves them alone.
import { type Infer, v } from "convex/values";

import { type Reading, refusal, type Writing } from "./model";
import { byRequest } from "./once";
import { apiKey } from "./tables";

type Key = Infer<typeof apiKey>;
type Request = { request: string };
const request = { request: v.string() };

/** The keys that changed since a version, and the highest version of all. */
export const keyChanges = {
  args: { since: v.number() },
  handler: async (ctx: Reading, { since }: { since: number }) => {
    const changed = await ctx.db
      .query("estuary_api_keys")
      .withIndex("by_version", (q) => q.gt("version", since))
      .collect();
    const keys = changed.map(({ _id, _creationTime, ...key }) => key);
    return { version: await highest(ctx), keys };
  },
};

/** Keep a key if its version is still the one that is kept, 0 for a new one. */
export const putKey = {
  args: { key: apiKey, ...request },
  handler: async (ctx: Writing, { key, request }: Request & { key: Key }) =>
    await byRequest(ctx, request, async () => {
      const kept = await find(ctx, key.id);
      if (kept === null && key.version !== 0) throw refusal("NotFound");
      if (kept !== null && key.version === 0) throw refusal("RecordExists");
      if (kept !== null && kept.version !== key.version) {
        throw refusal("VersionConflict", { current: kept.version });
      }
      const version = (await highest(ctx)) + 1;
      if (kept === null) await ctx.db.insert("estuary_api_keys", { ...key, version });
      else await ctx.db.replace(kept._id, { ...key, version, used_at: kept.used_at });
      return version;
    }),
};

/** Revoke every key that is not revoked; the number of them. */
export const revokeKeys = {
  args: { now: v.string(), ...request },
  handler: async (ctx: Writing, { now, request }: Request & { now: string }) =>
    await byRequest(ctx, request, async () => {
      const version = (await highest(ctx)) + 1;
      const keys = await ctx.db.query("estuary_api_keys").collect();
      const live = keys.filter((key) => key.revoked_at === null);
      for (const key of live) await ctx.db.patch(key._id, { revoked_at: now, version });
      return live.length;
    }),
};

/** Keep when keys were last used, where that is later than what is kept. */
export const noteKeyUses = {
  args: { uses: v.record(v.string(), v.string()), ...request },
  handler: async (ctx: Writing, { uses }: Request & { uses: { [id: string]: string } }) => {
    for (const [id, used_at] of Object.entries(uses)) {
      const key = await find(ctx, id);
      if (key !== null && (key.used_at === null || isBefore(key.used_at, used_at))) {
        await ctx.db.patch(key._id, { used_at });
      }
    }
    return null;
  },
};

/** Remove keys that ended before then. The highest version stays, so that versions never start again. */
export const forgetKeys = {
  args: { before: v.string(), ...request },
  handler: async (ctx: Writing, { before }: Request & { before: string }) => {
    const last = await highest(ctx);
    for (const key of await ctx.db.query("estuary_api_keys").collect()) {
      const ended = [key.revoked_at, key.expires_at].some((end) => end !== null && isBefore(end, before));
      if (ended && key.version < last) await ctx.db.delete(key._id);
    }
    return null;
  },
};

async function highest(ctx: Reading): Promise<number> {
  const last = await ctx.db.query("estuary_api_keys").withIndex("by_version").order("desc").first();
  return last === null ? 0 : last.version;
}

function find(ctx: Reading, id: string) {
  return ctx.db
    .query("estuary_api_keys")
    .withIndex("by_key", (q) => q.eq("id", id))
    .unique();
}

function isBefore(time: string, other: string): boolean {
  return Date.parse(time) < Date.parse(other);
}
