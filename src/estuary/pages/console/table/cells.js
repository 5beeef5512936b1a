/** Values as they stand in a table: short, on one line, and in full in their title. */

import { useApp } from "../context.js";
import { html } from "../html.js";
import { href } from "../router.js";
import { stringify } from "../values/json.js";
import { brief } from "./brief.js";

const LONGEST = 120;
const NUMBERS = ["integer", "float", "decimal"];
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The class of a column of such fields. */
export function alignment({ kind }) {
  return NUMBERS.includes(kind) ? "number" : undefined;
}

/** The value of `field` in `record`. */
export function Cell({ field, record }) {
  const value = record[field.name];
  if (value === null || value === undefined) return html`<span class="muted" title="null">–</span>`;
  switch (field.kind) {
    case "reference":
      return html`<${ReferenceCell} field=${field} record=${record} />`;
    case "timestamp":
      return html`<time datetime=${value} title=${`${value} (UTC)`}>${local(value)}</time>`;
    case "boolean":
      return value ? "Yes" : "No";
    case "choice":
      return html`<span class="tag">${value}</span>`;
    case "uuid":
      return html`<span class="mono" title=${value}>${field.name === "id" ? brief(value) : value}</span>`;
    default:
      return html`<${Text} value=${asText(value)} />`;
  }
}

/** A value in the words of a table, at whatever length. */
export function asText(value) {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(", ");
  return stringify(value);
}

/** A moment, in the browser's time zone. */
export function local(moment) {
  const date = new Date(moment);
  return Number.isNaN(date.getTime()) ? moment : MOMENT.format(date);
}

function Text({ value }) {
  if (value === "") return html`<span class="sr-only">empty</span>`;
  const short = cut(value);
  return short === value ? value : html`<span title=${value.slice(0, 1000)}>${short}</span>`;
}

function ReferenceCell({ field, record }) {
  const { resources } = useApp();
  const id = record[field.name];
  const target = resources.find(({ name }) => name === field.reference);
  const referred = record.expand?.[field.name];
  if (target === undefined) return html`<span class="mono">${id}</span>`;
  const label = referred ? target.labelOf(referred) : id;
  return html`
    <a class=${label === id ? "mono" : undefined} href=${href(["resources", target.name, id])} title=${id}>${cut(label)}</a>
  `;
}

/** `text` as far as a cell has room for it; what is cut off begins at a whole character. */
export function cut(text) {
  if (text.length <= LONGEST) return text;
  return `${[...text.slice(0, LONGEST)].slice(0, -1).join("")}…`;
}
