// Written by `estuary convex schema`. Declare the resources in Python, then regenerate this.
import { defineSchema } from "convex/server";
import { v } from "convex/values";

import { bookkeeping, type Indexed, recordTable } from "./tables";

/** By these Estuary sees whether what is deployed is what is declared. */
export const declared = {
  items: "17ea3956af3f39ca",
};

/** Indexes: a digest of each resource's, and how the functions keep the fields in them. */
export const indexed: Indexed = {
  items: {
    digest: "e4a6a0577479b2b4",
    fields: {},
  },
};

export default defineSchema({
  ...bookkeeping,
  items: recordTable(
    v.object({
      name: v.string(),
      description: v.optional(v.union(v.string(), v.null())),
    }),
  ),
});
