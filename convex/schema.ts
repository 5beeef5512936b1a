// Written by `estuary convex schema`. Declare the resources in Python, then regenerate this.
import { defineSchema } from "convex/server";
import { v } from "convex/values";

import { bookkeeping, type ForeignKey, type Indexed, recordTable, type UniqueKey } from "./tables";

/** By these Estuary sees whether what is deployed is what is declared. */
export const declared = {
  items: "17ea3956af3f39ca",
};

/** Indexes: their names, and how the functions keep the fields in them. */
export const indexed: Indexed = {
  items: {
    indexes: [],
    fields: {},
  },
};

/** The unique keys of each resource. */
export const uniqueKeys: { [resource: string]: UniqueKey[] } = {
  items: [],
};

/** By which records refer to others. */
export const foreignKeys: ForeignKey[] = [];

export default defineSchema({
  ...bookkeeping,
  items: recordTable(
    v.object({
      name: v.string(),
      description: v.optional(v.union(v.string(), v.null())),
    }),
  ),
});
