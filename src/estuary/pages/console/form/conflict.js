/** Two changes of one record: what somebody else saved meanwhile, beside what is entered here. */

import { entryOf, sameEntry } from "./entries.js";

/**
 * The fields that somebody else changed, each with how it came: `{field, base, theirs, mine}` as entries. `contested` are
 * those that are changed here as well, to something else; `taken` those that are not, and so go by theirs.
 */
export function compare(fields, began, entries, theirs) {
  const contested = [];
  const taken = [];
  for (const field of fields) {
    const base = began[field.name];
    const mine = entries[field.name];
    const other = entryOf(field, theirs[field.name]);
    if (sameEntry(base, other) || sameEntry(mine, other)) continue;
    (sameEntry(base, mine) ? taken : contested).push({ field, base, theirs: other, mine });
  }
  return { contested, taken };
}

/**
 * What the form holds when the conflict is settled: `{record, began, entries}`. `keeps` are the names of the contested
 * fields of which what is entered here stays; all else that was not changed here is theirs.
 */
export function settle(fields, began, entries, theirs, keeps) {
  const fresh = Object.fromEntries(fields.map((field) => [field.name, entryOf(field, theirs[field.name])]));
  const { contested } = compare(fields, began, entries, theirs);
  const given = new Set(contested.map(({ field }) => field.name).filter((name) => !keeps.has(name)));
  const isMine = ({ name }) => !given.has(name) && !sameEntry(began[name], entries[name]);
  return {
    record: theirs,
    began: fresh,
    entries: Object.fromEntries(fields.map((field) => [field.name, (isMine(field) ? entries : fresh)[field.name]])),
  };
}
