// The types of the functions: every resource's table looks the same to them but for `value`.
import {
  type DataModelFromSchemaDefinition,
  defineSchema,
  type DocumentByName,
  type GenericMutationCtx,
  type GenericQueryCtx,
} from "convex/server";
import { ConvexError, v } from "convex/values";

import schema from "./schema";
import { bookkeeping, recordTable } from "./tables";

const model = defineSchema({ ...bookkeeping, records: recordTable(v.any()) });

type DataModel = DataModelFromSchemaDefinition<typeof model>;
export type Reading = GenericQueryCtx<DataModel>;
export type Writing = GenericMutationCtx<DataModel>;
export type Document = DocumentByName<DataModel, "records">;

/** A record as Estuary sends and receives it. */
export const record = v.object({
  id: v.string(),
  version: v.number(),
  created_at: v.string(),
  updated_at: v.string(),
  owner: v.string(),
  value: v.any(),
});
export type Record = typeof record.type;

/** The error that a caller branches on: its code, and data that belongs to it. */
export function refusal(code: string, data: { [name: string]: number | string } = {}) {
  return new ConvexError({ code, ...data });
}

/** The table of a resource, which the deployed schema must have. */
export function tableOf(resource: string): "records" {
  if (!(resource in schema.tables) || resource in bookkeeping) {
    throw refusal("UnknownResource", { resource });
  }
  return resource as "records";
}

/** Where a record stands in its list: by creation time, ties by id. Both are of a fixed width. */
export function positionOf(created_at: string, id: string): string {
  return `${created_at}/${id}`;
}

/** `document` without what is the functions' own. */
export function recordOf(document: Document): Record {
  const { id, version, created_at, updated_at, owner, value } = document;
  return { id, version, created_at, updated_at, owner, value };
}

/** The generation that is served. */
export async function servedGeneration(ctx: Reading): Promise<string> {
  const state = await ctx.db.query("estuary_state").first();
  return state === null ? "" : state.generation;
}
