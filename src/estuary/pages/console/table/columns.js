/** Which fields a table shows as its columns. */

const WIDE = ["list", "nested", "object"];
const USUAL = 6;
const MOST_EXPANDED = 5;

/** The fields that `names` names, in that order; without names, the first few that can be read at a glance. */
export function columnsOf(resource, names) {
  if (names !== null) {
    const chosen = names.map((name) => resource.field(name)).filter((field) => field !== undefined && !field.hidden);
    if (chosen.length > 0) return chosen;
  }
  const stamp = resource.field("updated_at");
  const own = resource.shown.filter((field) => !isOwn(field) && !WIDE.includes(field.kind));
  const label = resource.labelField;
  const first = [...new Set([label ?? resource.field("id"), ...own])].slice(0, USUAL);
  return [...first, stamp].filter(Boolean);
}

/** The names of the fields to ask for: what is shown, and what a record is called by. */
export function fieldsOf(resource, columns) {
  const label = resource.labelField;
  return [...new Set(["id", ...(label ? [label.name] : []), ...columns.map(({ name }) => name)])];
}

/** The references among the columns whose records are shown by their names. */
export function expandedOf(columns) {
  return columns
    .filter(({ kind }) => kind === "reference")
    .slice(0, MOST_EXPANDED)
    .map(({ name }) => name);
}

function isOwn({ name }) {
  return ["id", "created_at", "updated_at"].includes(name);
}
