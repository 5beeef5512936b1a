/** The smallest request that makes one record of another: what changed, as a merge patch (RFC 7396). */

import { equal, isObject } from "../values/json.js";
import { sameEntry, valuesOf } from "./entries.js";

/**
 * The request that makes what is entered of `record`: `{method, body}`, and body is `{}` where nothing changed.
 *
 * Entries that are as they `began` are left out, whatever their form. A merge patch cannot make a member of an object null;
 * where one must be, the request is a PUT, which replaces the objects it names and leaves other fields as they are, or, if
 * fields are cleared as well, which a PUT cannot do, a violation in `faults`.
 */
export function changesOf(fields, record, began, entries, faults) {
  const touched = fields.filter(({ name }) => !sameEntry(began[name], entries[name]));
  for (const field of touched) faults.push(...dropped(field, began[field.name], entries[field.name], field.name));
  const values = valuesOf(touched, entries, faults);
  const changed = touched.filter(({ name }) => values[name] !== undefined && !equal(values[name], record[name]));
  const needsPut = changed.filter((field) => bringsNull(field, record[field.name], values[field.name]));
  if (needsPut.length === 0) {
    return { method: "PATCH", body: pick(changed, ({ name }) => patch(record[name], values[name])) };
  }
  if (changed.some(({ name }) => values[name] === null)) {
    const message = "Save members that are null apart from fields that are";
    faults.push(...needsPut.map(({ name }) => ({ field: name, message })));
  }
  return { method: "PUT", body: pick(changed, ({ name }) => values[name]) };
}

/** The merge patch that makes `after` of `before`; what is no object is replaced. */
export function patch(before, after) {
  if (!isObject(before) || !isObject(after)) return after;
  const names = Object.keys({ ...before, ...after }).filter((name) => !equal(before[name], after[name]));
  return Object.fromEntries(names.map((name) => [name, Object.hasOwn(after, name) ? patch(before[name], after[name]) : null]));
}

/** A violation for each field that had a value, cannot be null, and has been emptied. */
function dropped(field, began, entry, path) {
  if (began.state !== "value") return [];
  if (entry.state === "absent") return [{ field: path, message: "Is required" }];
  if (field.kind !== "nested" || entry.state !== "value") return [];
  return field.fields.flatMap((each) =>
    dropped(each, began.members[each.name], entry.members[each.name], `${path}.${each.name}`),
  );
}

/** Whether an object in the value of `field` gets a member that is null. */
function bringsNull(field, before, after) {
  if (!isObject(after)) return false;
  if (field.kind === "nested") {
    return field.fields.some((each) => bringsNull(each, before?.[each.name], after[each.name]));
  }
  return Object.entries(after).some(([name, value]) => {
    const old = isObject(before) ? before[name] : undefined;
    return value === null ? old !== null : bringsNull(field, old, value);
  });
}

function pick(fields, valueOf) {
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
}
