// Fields in indexes, kept in one form: Convex orders documents by what they hold, and one that lacks a field
// before one in which it is null. Writes complete what they write, whatever release of Estuary sent it; records
// that are older than an index are completed by `fill`, a part at a time, until none is left.
import { ConvexError, getDocumentSize, jsonToConvex, v } from "convex/values";

import { type Document, type Reading, refusal, servedGeneration, tableOf, type Writing } from "./model";
import { demandTargets, keysOf } from "./references";
import { indexed, uniqueKeys } from "./schema";
import { demandUnique } from "./unique";

/** What one run of `fill` looks at, at most: a fraction of what Convex allows. */
const FILLED_DOCUMENTS = 500;
const FILLED_BYTES = 2 << 20;

/** `value`, of a record of `resource`, with its indexed fields as they are kept. */
export function completed(resource: string, value: Record<string, unknown>): Record<string, unknown> {
  const found = { ...value };
  for (const [name, { missing, time, folded }] of Object.entries(indexed[resource]?.fields ?? {})) {
    if (found[name] === undefined && missing !== undefined) found[name] = jsonToConvex(missing);
    const kept = found[name];
    if (time && typeof kept === "string") found[name] = inSixDigits(kept);
    if (folded !== undefined) found[folded] = typeof kept === "string" ? inLowerCase(kept) : null;
  }
  return found;
}

/** A time in UTC with six digits of a second's fraction, so that texts are ordered as times are. */
export function inSixDigits(time: string): string {
  const [seconds, fraction = ""] = time.replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(6, "0")}Z`;
}

/** The names of a resource's indexes, and how the fields in them are completed. */
export function indexesOf(resource: string) {
  const { indexes = [], fields = {} } = indexed[resource] ?? {};
  const forms = Object.fromEntries(Object.entries(fields).map(([name, { form }]) => [name, form]));
  return { indexes, forms };
}

/** A text with its ASCII letters in lower case, and all others as they are. */
function inLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The resources in the served generation of which every record is completed. */
export async function filled(ctx: Reading): Promise<string[]> {
  const generation = await servedGeneration(ctx);
  const names: string[] = [];
  for (const resource of Object.keys(indexed)) {
    if (isFilled(resource, await progressOf(ctx, generation, resource))) names.push(resource);
  }
  return names;
}

/** Complete some more records of a resource; whether all are. */
export const fill = {
  args: { resource: v.string(), request: v.string() },
  handler: async (ctx: Writing, { resource }: { resource: string }): Promise<boolean> => {
    const generation = await servedGeneration(ctx);
    const progress = await progressOf(ctx, generation, resource);
    if (isFilled(resource, progress)) return true;
    const forms = formsOf(resource);
    const after = progress?.forms === forms ? progress.after : "";
    const part = isCompletable(resource)
      ? await fillSome(ctx, generation, resource, after)
      : { after, done: true };
    const reached = { generation, resource, forms, ...part };
    if (progress === null) await ctx.db.insert("estuary_filled", reached);
    else await ctx.db.replace(progress._id, reached);
    return part.done;
  },
};

async function fillSome(ctx: Writing, generation: string, resource: string, start: string) {
  let [after, documents, bytes] = [start, 0, 0];
  for await (const document of ctx.db
    .query(tableOf(resource))
    .withIndex("by_record", (q) => q.eq("generation", generation).gt("id", start))) {
    if (documents >= FILLED_DOCUMENTS || bytes >= FILLED_BYTES) return { after, done: false };
    const value = completed(resource, document.value);
    await demandFit(ctx, generation, resource, { ...document, value });
    if (!isSame(document.value, value)) await ctx.db.patch(document._id, { value });
    after = document.id;
    documents += 1;
    bytes += getDocumentSize(document);
  }
  return { after, done: true };
}

/** Throws, with the id for the operator, where a record breaks a unique key or a reference. */
async function demandFit(ctx: Reading, generation: string, resource: string, document: Document) {
  try {
    await demandUnique(ctx, generation, resource, document);
    await demandTargets(ctx, generation, resource, document);
  } catch (error) {
    if (!(error instanceof ConvexError)) throw error;
    const { id } = document;
    if (error.data.code === "ReferenceMissing")
      throw refusal("Orphan", { resource, field: error.data.field, id });
    throw refusal("Duplicates", { resource, fields: error.data.fields, id });
  }
}

/** Note that a generation without records has none to complete: what is put into it will be completed. */
export async function beginFilled(ctx: Writing, generation: string): Promise<void> {
  for (const resource of Object.keys(indexed).filter(isCompletable)) {
    const forms = formsOf(resource);
    await ctx.db.insert("estuary_filled", { generation, resource, forms, after: "", done: true });
  }
}

function progressOf(ctx: Reading, generation: string, resource: string) {
  return ctx.db
    .query("estuary_filled")
    .withIndex("by_resource", (q) => q.eq("generation", generation).eq("resource", resource))
    .unique();
}

/** Progress under another schema is none, whichever came first: what was written between is not completed. */
function isFilled(resource: string, progress: { forms: string; done: boolean } | null): boolean {
  if (progress === null) return !isCompletable(resource);
  return progress.forms === formsOf(resource) && progress.done;
}

/** Which fields are completed, and how, in one text, with what records were held to. */
function formsOf(resource: string): string {
  const { forms } = indexesOf(resource);
  const [keys, references] = [uniqueKeys[resource] ?? [], keysOf(resource)];
  if (references.length > 0) return JSON.stringify({ forms, keys, references });
  return JSON.stringify(keys.length > 0 ? { forms, keys } : forms);
}

function isCompletable(resource: string): boolean {
  const fields = Object.keys(indexed[resource]?.fields ?? {});
  return fields.length + (uniqueKeys[resource] ?? []).length + keysOf(resource).length > 0;
}

function isSame(value: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return Object.entries(other).every(([name, each]) => value[name] === each);
}
