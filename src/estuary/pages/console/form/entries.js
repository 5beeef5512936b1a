/**
 * What stands in a form, and the values it means.
 *
 * An entry is `{state, …}`: "absent" is left out of the request, "null" is null, "value" is what is entered: `text` of a
 * single value or of JSON, `items` of a list (of a long one `text`, too), `members` of a nested one. `bad` says that a
 * control holds no whole value.
 * A field is as schema.js describes it: `{name, kind, optional, required, entry, fields}`.
 */

import { equal, isObject, MalformedJson, number, parse, stringify } from "../values/json.js";

const MANY = 50; // entries of a list, a control each
const WHOLE = /^-?[0-9]+$/;
const JSON_NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;
/** Left out of the request. */
export const ABSENT = Object.freeze({ state: "absent" });
/** Null. */
export const NULL = Object.freeze({ state: "null" });

/** What a form for a new record begins with: a field without a default is empty, others are left out. */
export function blank(field) {
  return field.required ? empty(field) : ABSENT;
}

/** An entry whose state is "value", with nothing in it yet. */
export function empty(field) {
  if (field.kind === "list") return { state: "value", items: [] };
  if (field.kind === "nested") return { state: "value", members: blanks(field.fields) };
  return { state: "value", text: field.kind === "object" ? "{}" : "" };
}

/** What a form for a new record begins with, by field. */
export function blanks(fields) {
  return Object.fromEntries(fields.map((field) => [field.name, blank(field)]));
}

/** The entry that means `value`; undefined is a field of which nothing is known. */
export function entryOf(field, value) {
  if (value === undefined) return ABSENT;
  if (value === null) return NULL;
  if (field.kind === "list") return listOf(field, value);
  if (field.kind === "nested") return { state: "value", members: entriesOf(field.fields, value) };
  if (field.kind === "object") return { state: "value", text: stringify(value, 2) };
  return { state: "value", text: String(value) };
}

function listOf(field, values) {
  if (values.length > MANY) return { state: "value", text: stringify(values, 2) };
  return { state: "value", items: values.map((each) => entryOf(field.entry, each)) };
}

/** The entries that mean a record, by field. */
export function entriesOf(fields, record) {
  return Object.fromEntries(fields.map((field) => [field.name, entryOf(field, record[field.name])]));
}

/** What a change of a control's text makes of an entry: without text only a text is a value. */
export function typed(field, text, bad = false) {
  if (bad) return { state: "value", text, bad };
  if (text !== "") return { state: "value", text }; // what is typed back is as it began
  if (field.optional) return NULL;
  return field.kind === "text" || field.required ? { state: "value", text } : ABSENT;
}

/**
 * The values of entries, by field, without those that are absent. What cannot be written as JSON is added to `faults`, as
 * the API gives violations: `{field, message}`, with the path of the field.
 */
export function valuesOf(fields, entries, faults, path = "") {
  const values = {};
  for (const field of fields) {
    const value = valueOf(field, entries[field.name] ?? ABSENT, faults, path + field.name);
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

/** The value of an entry; undefined where it is absent, or is added to `faults`. */
export function valueOf(field, entry, faults, path) {
  if (entry.state === "absent") return undefined;
  if (entry.state === "null") return null;
  const wrong = (message) => void faults.push({ field: path, message });
  switch (field.kind) {
    case "list":
      if (entry.text !== undefined) return parsed(entry.text, Array.isArray, "Must be a JSON list: […]", wrong);
      return entry.items.map((item, place) => valueOf(field.entry, item, faults, `${path}[${place}]`));
    case "nested":
      return valuesOf(field.fields, entry.members, faults, `${path}.`);
    case "object":
      return parsed(entry.text, isObject, "Must be a JSON object: {…}", wrong);
    case "text":
      return entry.text;
    case "boolean":
      return entry.text === "" ? wrong("Choose true or false") : entry.text === "true";
    case "integer":
      return wholeOf(entry.text.trim(), wrong);
    case "float":
      return numberOf(entry.text.trim(), wrong);
    default:
      return otherOf(field, entry, wrong);
  }
}

function parsed(text, isWanted, otherwise, wrong) {
  try {
    const value = parse(text);
    return isWanted(value) ? value : wrong(otherwise);
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    return wrong(`Not JSON: ${error.message}`);
  }
}

function wholeOf(text, wrong) {
  if (!WHOLE.test(text)) return wrong("Must be a whole number, such as 42");
  const digits = text.replace(/^(-?)0+(?=[0-9])/, "$1");
  return number(digits);
}

function numberOf(text, wrong) {
  return JSON_NUMBER.test(text) ? number(text) : wrong("Must be a number, such as 12.5 or 1e6");
}

const UNFINISHED = {
  date: "Complete the date, or clear it",
  timestamp: "Complete the date and the time, or clear them",
  reference: "Choose one of those that are found, or paste an id",
};

function otherOf({ kind }, entry, wrong) {
  if (entry.bad) return wrong(UNFINISHED[kind]);
  const text = entry.text.trim();
  return text === "" ? wrong("Is required") : text;
}

/**
 * A violation for each text that is empty and must not be. They can be sent, and the service would report it; where nothing
 * can be sent for another reason, they are reported beside that.
 */
export function emptyTexts(fields, entries, path = "") {
  return fields.flatMap((field) => {
    const entry = entries[field.name] ?? ABSENT;
    if (entry.state !== "value") return [];
    if (field.kind === "nested") return emptyTexts(field.fields, entry.members, `${path}${field.name}.`);
    const isEmpty = field.kind === "text" && entry.text === "" && field.schema.minLength > 0;
    return isEmpty ? [{ field: path + field.name, message: "Is required" }] : [];
  });
}

/** Whether two entries mean the same. */
export function sameEntry(one, other) {
  return equal(one, other);
}
