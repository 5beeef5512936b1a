/** Records as lines of a file, JSON or CSV, and back. */

import { valueOf } from "../form/entries.js";
import { isObject, MalformedJson, parse, stringify } from "../values/json.js";
import { defused, line, restored, rows } from "./csv.js";
import { entries, isArray } from "./entries.js";
import { lines } from "./lines.js";

const JSON_KINDS = new Set(["list", "nested"]);
const TEXTS = new Set(["text", "choice"]);

/**
 * The formats by name: `extension` and `type` of a file, `head(fields)` its first lines, `line(fields, record)` those of a
 * record, and `read(chunks, fields)` what a file holds: `{part, at, text, head, record, faults, unknown}` a line, or an entry
 * of an array, as `part` says, with its number, the line itself, the one that names its cells, its values by name, what is
 * wrong with it, and names that are no field's.
 */
export const FORMATS = {
  jsonl: {
    title: "JSON Lines",
    extension: "jsonl",
    type: "application/jsonl",
    head: () => "",
    line: (fields, record) => `${stringify(pick(fields, record))}\n`,
    read: readJson,
  },
  csv: {
    title: "CSV",
    extension: "csv",
    type: "text/csv",
    head: (fields) => `${line(fields.map(({ name }) => name))}\r\n`,
    line: (fields, record) => `${line(fields.map((field) => cellOf(field, record[field.name])))}\r\n`,
    read: readCsv,
  },
};

/** The format of a file of this name; null where its name has no known ending. */
export function formatOf(name) {
  const extension = name.toLowerCase().split(".").at(-1);
  return { csv: "csv", jsonl: "jsonl", ndjson: "jsonl", json: "jsonl" }[extension] ?? null;
}

/** A value as a cell; null is an empty one. */
export function cellOf(field, value) {
  if (value === null || value === undefined) return null;
  if (TEXTS.has(field.kind)) return defused(value);
  return typeof value === "string" ? value : stringify(value);
}

async function* readJson(chunks, fields) {
  const known = new Set(fields.map(({ name }) => name));
  const { head, all } = await begun(chunks);
  const [part, found] = isArray(head) ? ["entry", entries(all)] : ["line", lines(all)];
  for await (const { at, text } of found) {
    const faults = [];
    const record = objectOf(text, faults);
    yield { part, at, text, record, faults, unknown: Object.keys(record).filter((name) => !known.has(name)) };
  }
}

/** The begin of a text, up to the first chunk that is not blank, and all of its chunks. */
async function begun(chunks) {
  const rest = (async function* () {
    yield* chunks;
  })();
  let head = "";
  while (head.trim() === "") {
    const { done, value } = await rest.next();
    if (done) break;
    head += value;
  }
  const all = (async function* () {
    yield head;
    yield* rest;
  })();
  return { head, all };
}

function objectOf(text, faults) {
  try {
    const value = parse(text);
    if (isObject(value)) return value;
    faults.push({ field: "", message: "Must be a JSON object: {…}" });
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    faults.push({ field: "", message: `Not JSON: ${error.message.replace(" in line 1, column", " in column")}` });
  }
  return {};
}

async function* readCsv(chunks, fields) {
  const byName = new Map(fields.map((field) => [field.name, field]));
  let header = null;
  let head = "";
  let unknown = [];
  for await (const { at, cells } of rows(chunks)) {
    if (header === null) {
      header = cells.map((name) => (name ?? "").trim());
      head = line(cells);
      unknown = header.filter((name) => !byName.has(name));
      if (unknown.length === header.length)
        throw new Error(`The first line must name fields, such as ${fields[0].name}`);
      continue;
    }
    const faults = [];
    if (cells.length !== header.length) {
      faults.push({ field: "", message: `Has ${cells.length} cells, the first line ${header.length}` });
    }
    const record = {};
    for (const [place, name] of header.entries()) {
      const value = byName.has(name) ? valueOfCell(byName.get(name), cells[place] ?? null, faults) : undefined;
      if (value !== undefined) record[name] = value;
    }
    yield { part: "line", at, text: line(cells), head, record, faults, unknown };
  }
}

/** The value of a cell; an empty one is null where that is allowed, and else leaves the field out. */
function valueOfCell(field, cell, faults) {
  if (cell === null || (cell === "" && field.kind !== "text")) return field.optional ? null : undefined;
  if (JSON_KINDS.has(field.kind)) {
    try {
      return parse(cell);
    } catch (error) {
      if (!(error instanceof MalformedJson)) throw error;
      return void faults.push({ field: field.name, message: `Not JSON: ${error.message}` });
    }
  }
  const text = TEXTS.has(field.kind) ? restored(cell) : cell;
  const spelled = field.kind === "boolean" ? text.trim().toLowerCase() : text;
  if (field.kind === "boolean" && spelled !== "true" && spelled !== "false") {
    return void faults.push({ field: field.name, message: "Must be true or false" });
  }
  return valueOf(field, { state: "value", text: spelled }, faults, field.name);
}

function pick(fields, record) {
  return Object.fromEntries(fields.map(({ name }) => [name, record[name]]));
}
