/** Parts of an OpenAPI document: references followed, null taken apart from the rest, schemas recognised by their kind. */

/** Follows the references of a document. */
export class Resolver {
  constructor(document) {
    this.document = document;
  }

  /** The schema that `schema` refers to, or itself. */
  resolve(schema) {
    let found = schema;
    for (let step = 0; found?.$ref && step < 8; step += 1)
      found = found.$ref
        .replace(/^#\//, "")
        .split("/")
        .reduce((part, name) => part?.[name.replaceAll("~1", "/").replaceAll("~0", "~")], this.document);
    return found;
  }

  /** The schema of what an operation is sent; undefined where there is none. */
  body(operation) {
    return this.#content(operation?.requestBody);
  }

  /** The schema of an operation's answer; of several the first, which is the whole record. */
  answer(operation, status = "200") {
    return this.#content(operation?.responses?.[status]);
  }

  /** The schema of a member of an object. */
  member(schema, name) {
    return this.resolve(schema?.properties?.[name]);
  }

  #content(holder) {
    const content = this.resolve(holder)?.content ?? {};
    const schema = this.resolve(Object.values(content)[0]?.schema);
    return this.resolve(schema?.anyOf?.[0] ?? schema);
  }
}

/** A field's schema without the null that it allows, and whether it does. */
export function unwrapped(stated, resolver) {
  const whole = resolver.resolve(stated) ?? {};
  const isNull = (each) => each.type === "null";
  if (Array.isArray(whole.anyOf) && whole.anyOf.some(isNull)) {
    const { anyOf, ...rest } = whole;
    return { schema: { ...rest, ...resolver.resolve(anyOf.find((each) => !isNull(each))) }, optional: true };
  }
  if (Array.isArray(whole.type) && whole.type.includes("null"))
    return { schema: { ...whole, type: whole.type.find((type) => type !== "null") }, optional: true };
  return { schema: whole, optional: false };
}

const FORMATS = { "date-time": "timestamp", date: "date", uuid: "uuid", decimal: "decimal" };

/** What kind of field a schema describes. */
export function kindOf(schema) {
  if (schema["x-estuary-reference"]) return "reference";
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "string":
      return FORMATS[schema.format] ?? "text";
    case "integer":
    case "boolean":
      return schema.type;
    case "number":
      return "float";
    case "array":
      return "list";
    default:
      return schema.properties ? "nested" : "object";
  }
}

/** The operators by which an attribute can be compared. */
export function operatorsOf(condition, resolver) {
  return Object.keys(resolver.resolve(condition)?.properties ?? {});
}
