/** The declared resources, read from the OpenAPI document: their fields, and what can be asked of them. */

import { kindOf, operatorsOf, Resolver, unwrapped } from "./schema-parts.js";

const STAMPS = ["id", "created_at", "updated_at"];
const LABELS = ["title", "name", "label", "subject", "email"];

/** The resources of an OpenAPI document, in its order. */
export function resourcesOf(document) {
  const resolver = new Resolver(document);
  const resources = (document.tags ?? [])
    .filter((tag) => tag["x-estuary-resource"] !== undefined)
    .map((tag) => resourceOf(tag, document, resolver));
  for (const resource of resources)
    resource.referrers = resources.flatMap((other) =>
      other.fields.filter((field) => field.reference === resource.name).map((field) => ({ resource: other, field })),
    );
  return resources;
}

/** A resource: its `path`, its `fields`, what the document says that somebody `can` do to its records, and what of that is
 * `open` to those who have not signed in, and with `whose` records it can be done: one's "own", those of "all", or either. */
export class Resource {
  constructor(members) {
    Object.assign(this, members);
  }

  /** The path of a record. */
  recordPath(id) {
    return `${this.path}/${encodeURIComponent(id)}`;
  }

  /** Whether of the records that one may read, one may do `action` with one's own alone. */
  dependsOnRecord(action) {
    return Boolean(this.whose[action]?.includes("own") && this.whose.read?.includes("all"));
  }

  field(name) {
    return this.fields.find((field) => field.name === name);
  }

  /** The fields that a record shows. */
  get shown() {
    return this.fields.filter((field) => !field.hidden);
  }

  /** The fields that a client writes. */
  get writable() {
    return this.fields.filter((field) => !field.readOnly);
  }

  /** The field by which people know a record: one with a usual name, else a required or unique text; or undefined. */
  get labelField() {
    const texts = this.shown.filter((field) => field.kind === "text" && !field.readOnly);
    const named = LABELS.map((name) => texts.find((field) => field.name === name)).find(Boolean);
    return named ?? texts.find(({ required, unique }) => required || unique);
  }

  /** The name of a record: the value of its label field, else its id. */
  labelOf(record) {
    const value = this.labelField && record[this.labelField.name];
    return typeof value === "string" && value.trim() ? value : record.id;
  }
}

function resourceOf({ name, description, "x-estuary-resource": { path, singular } }, document, resolver) {
  const list = document.paths[path] ?? {};
  const one = document.paths[`${path}/{id}`] ?? {};
  const query = document.paths[`${path}/query`]?.post;
  const record = resolver.answer(one.get) ?? resolver.answer(list.post, "201");
  const draft = resolver.body(list.post) ?? resolver.body(one.patch);
  const conditions = resolver.member(resolver.body(query), "where")?.properties ?? {};
  return new Resource({
    name,
    title: titled(name),
    singular: singular.replaceAll(/[_-]+/g, " "),
    description: description ?? "",
    path,
    fields: fieldsOf(record, draft, conditions, resolver),
    version: { name: "version", operators: operatorsOf(conditions.version, resolver), kind: "integer" },
    can: {
      read: Boolean(list.get),
      create: Boolean(list.post),
      update: Boolean(one.patch),
      delete: Boolean(one.delete),
    },
    open: {
      read: isOpen(list.get),
      create: isOpen(list.post),
      update: isOpen(one.patch),
      delete: isOpen(one.delete),
    },
    whose: { read: whoseOf(list.get), update: whoseOf(one.patch), delete: whoseOf(one.delete) },
    referrers: [],
  });
}

/** Whether an operation needs no token: it has no security requirements, or an empty one among them. */
function isOpen(operation) {
  const requirements = operation?.security ?? [];
  return requirements.length === 0 || requirements.some((each) => Object.keys(each).length === 0);
}

/** Whose records an operation is done with; undefined where no rule says so, and everyone has one's own. */
function whoseOf(operation) {
  return operation?.["x-estuary-whose"];
}

function fieldsOf(record, draft, conditions, resolver) {
  const served = record?.properties ?? {};
  const accepted = draft?.properties ?? {};
  const names = [...new Set([...Object.keys(served), ...Object.keys(accepted)])].filter((name) => name !== "expand");
  const required = new Set(draft?.required ?? []);
  return ordered(names).map((name) => {
    const [shown, written, condition] = [served, accepted, conditions].map((members) => own(members, name));
    return fieldOf(name, shown, written, required.has(name), condition, resolver);
  });
}

/** A field. `hidden` ones are written and never shown, `readOnly` ones are the server's; an operator's `operators` can
 * be asked of it, and with `sortable` a list can be ordered by it. */
function fieldOf(name, served, accepted, required, condition, resolver) {
  const stated = accepted ?? served;
  const { schema, optional } = unwrapped(stated, resolver);
  const operators = operatorsOf(condition, resolver);
  return {
    name,
    label: titled(name),
    kind: kindOf(schema),
    schema,
    description: stated.description ?? schema.description ?? "",
    optional,
    required,
    hidden: served === undefined,
    readOnly: accepted === undefined,
    reference: schema["x-estuary-reference"]?.resource,
    onDelete: schema["x-estuary-reference"]?.on_delete,
    unique: schema["x-estuary-unique"] === true,
    choices: schema.enum ?? [],
    operators,
    sortable: operators.includes("eq"),
  };
}

/** An own member of an object, not an inherited one such as `constructor`. */
function own(members, name) {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

/** The id first, the times last. */
function ordered(names) {
  const own = names.filter((name) => !STAMPS.includes(name));
  const has = (name) => names.includes(name);
  return [...["id"].filter(has), ...own, ...STAMPS.slice(1).filter(has)];
}

/** `published_at` as a title: "Published at". */
function titled(name) {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
