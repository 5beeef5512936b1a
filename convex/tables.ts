// The tables: one for each resource, and those in which Estuary keeps its books.
import { defineTable } from "convex/server";
import { type GenericValidator, type JSONValue, v } from "convex/values";

/** Of each resource: its indexes, and fields in them that writes complete (see complete.ts). */
export type Indexed = {
  [resource: string]: {
    indexes: string[];
    /** `missing` is what a record has that lacks the field, as the HTTP API writes it; `form` describes all. */
    fields: { [name: string]: { form: string; missing?: JSONValue; time?: true; folded?: string } };
  };
};

/**
 * Fields of which no two records have the same values. `compared` are the members of a record's value that
 * its `index` holds, and `fields` what clients call them; with the owner last, unless it is one of all owners.
 */
export type UniqueKey = { index: string; fields: string[]; compared: string[]; ofAll: boolean };

/** The values of a field of `resource` are ids of records of `target`; the `index` holds it first. */
export type ForeignKey = { resource: string; field: string; target: string; index: string };

/**
 * A resource's records. `position` is creation time and id in one text, so that one index range is a list;
 * `generation` says which load of the whole store a record belongs to (see load.ts).
 */
export function recordTable<Value extends GenericValidator>(value: Value) {
  return defineTable({
    generation: v.string(),
    id: v.string(),
    position: v.string(),
    version: v.number(),
    created_at: v.string(),
    updated_at: v.string(),
    owner: v.string(),
    value,
  })
    .index("by_record", ["generation", "id"])
    .index("by_owner_record", ["generation", "owner", "id"])
    .index("by_position", ["generation", "position"])
    .index("by_owner", ["generation", "owner", "position"]);
}

/** What a write, or several, gave back and every retry must give back again: the record as written, if any. */
const snapshot = v.any();

const time = v.union(v.string(), v.null());

/** An API key, as Estuary sends and receives it; times in RFC 3339 (see keys.ts). */
export const apiKey = v.object({
  id: v.string(),
  name: v.string(),
  digest: v.string(),
  owner: v.union(v.string(), v.null()),
  scopes: v.array(v.string()),
  roles: v.array(v.string()),
  created_by: v.string(),
  created_at: v.string(),
  expires_at: time,
  rotated_at: time,
  previous_digest: v.union(v.string(), v.null()),
  previous_until: time,
  revoked_at: time,
  used_at: time,
  version: v.number(),
});

export const bookkeeping = {
  /** The generation that is served: one document, or none before the first load. */
  estuary_state: defineTable({ generation: v.string() }),

  /** How many records a list has, in parts that add up, so that writers seldom meet (see totals.ts). */
  estuary_totals: defineTable({ list: v.string(), shard: v.number(), count: v.number() }).index("by_list", [
    "list",
    "shard",
  ]),

  /** Runs of a list whose lengths are known, so that an offset skips them (see blocks.ts). */
  estuary_blocks: defineTable({ list: v.string(), end: v.string(), count: v.number() }).index("by_end", [
    "list",
    "end",
  ]),

  /** Writes of the last minutes, so that one whose answer was lost can be sent again (see once.ts). */
  estuary_requests: defineTable({
    request: v.string(),
    snapshot,
    shard: v.number(),
    expires_at: v.number(),
  })
    .index("by_request", ["request"])
    .index("by_expiry", ["shard", "expires_at"]),

  /** Clients' idempotency keys (see once.ts). */
  estuary_keys: defineTable({
    generation: v.string(),
    resource: v.string(),
    subject: v.string(),
    owner: v.optional(v.string()),
    text: v.string(),
    fingerprint: v.string(),
    request: v.string(),
    snapshot,
    shard: v.number(),
    expires_at: v.number(),
  })
    .index("by_key", ["generation", "resource", "subject", "owner", "text"])
    .index("by_expiry", ["shard", "expires_at"]),

  /** How far records that are older than their resource's indexes were completed (see complete.ts). */
  estuary_filled: defineTable({
    generation: v.string(),
    resource: v.string(),
    forms: v.string(),
    after: v.string(),
    done: v.boolean(),
  }).index("by_resource", ["generation", "resource"]),

  /** The last versions of deleted records (see deleted.ts). */
  estuary_deleted: defineTable({
    generation: v.string(),
    resource: v.string(),
    id: v.string(),
    version: v.number(),
  }).index("by_record", ["generation", "resource", "id"]),

  /** API keys, with digests of their secrets (see keys.ts). */
  estuary_api_keys: defineTable(apiKey).index("by_key", ["id"]).index("by_version", ["version"]),

  /** Generations that are not served: being loaded, or waiting to be removed (see load.ts). */
  estuary_loads: defineTable({
    generation: v.string(),
    state: v.union(v.literal("loading"), v.literal("discarded")),
    touched_at: v.number(),
  })
    .index("by_generation", ["generation"])
    .index("by_state", ["state"]),
};
