/** The fields of a form: those of a resource, with what lists and nested fields hold. */

import { kindOf, Resolver, unwrapped } from "../schema-parts.js";
import { zone } from "./moments.js";

const INLINE = new Resolver({});
const LONG = 255;

/** A field as forms need it: of a list with `entry`, the field that each of its entries is; of a nested one with `fields`. */
export function withParts(field) {
  if (field.kind === "list") return { ...field, entry: part("entry", field.schema.items ?? {}, true) };
  if (field.kind !== "nested") return field;
  const required = new Set(field.schema.required ?? []);
  const members = Object.entries(field.schema.properties ?? {});
  return { ...field, fields: members.map(([name, stated]) => part(name, stated, required.has(name))) };
}

function part(name, stated, required) {
  const { schema, optional } = unwrapped(stated, INLINE);
  const words = name.replaceAll("_", " ");
  return withParts({
    name,
    label: words.charAt(0).toUpperCase() + words.slice(1),
    kind: kindOf(schema),
    schema,
    description: stated.description ?? "",
    optional,
    required,
    hidden: false,
    readOnly: false,
    choices: schema.enum ?? [],
  });
}

/** Whether a text may be long enough to want several lines. */
export function isLong({ schema }) {
  return (schema.maxLength ?? Infinity) > LONG;
}

/** What helps to fill in a field: its description, and its rules in words. */
export function hintOf(field) {
  const parts = [field.description, field.hidden && "written, never shown", ruleOf(field)].filter(Boolean);
  const hint = parts.join(" · ");
  return hint.charAt(0).toUpperCase() + hint.slice(1);
}

/** What a field's rules say; empty where there is nothing to say beforehand. */
function ruleOf({ kind, schema, entry }) {
  switch (kind) {
    case "text":
      return range(schema.minLength, schema.maxLength, "character", "characters");
    case "list":
      return [
        range(schema.minItems, schema.maxItems, "entry", "entries"),
        entry && ruleOf(entry) && `each ${ruleOf(entry)}`,
      ]
        .filter(Boolean)
        .join(", ");
    case "integer":
    case "float":
      return bounds(schema);
    case "timestamp":
      return `${zone()} time`;
    case "decimal":
      return places(schema.pattern ?? "");
    default:
      return "";
  }
}

function range(least, most, one, many) {
  if (most === undefined) return least > 0 ? `at least ${least} ${least === 1 ? one : many}` : "";
  return least > 0 ? `${least} to ${most} ${many}` : `at most ${most} ${most === 1 ? one : many}`;
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const isSaid = (bound) => bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;
  return [
    isSaid(minimum) && `at least ${minimum}`,
    isSaid(exclusiveMinimum) && `more than ${exclusiveMinimum}`,
    isSaid(maximum) && `at most ${maximum}`,
    isSaid(exclusiveMaximum) && `less than ${exclusiveMaximum}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** The API's pattern of a decimal ends with how many digits may stand behind the point. */
function places(pattern) {
  const found = /\{1,([0-9]+)\}\)\?\$$/.exec(pattern);
  return found === null ? "" : `up to ${found[1]} digits behind the point`;
}
