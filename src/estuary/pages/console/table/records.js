/** The table itself: a head that orders, and a row a record. */

import { html } from "../html.js";
import { href } from "../router.js";
import { brief } from "./brief.js";
import { alignment, Cell } from "./cells.js";

const NEXT = { none: "ascending", ascending: "descending", descending: "not" };

export function Records({ resource, columns, page, sort, onSort, selection }) {
  const { records, isLoading } = page;
  const areAll = records.length > 0 && records.every(({ id }) => selection.has(id));
  return html`
    <div class="records card" role="region" aria-label=${resource.title} tabindex="0" aria-busy=${isLoading ? "true" : "false"}>
      <table>
        <caption class="sr-only">
          ${resource.title}. Press a column's title to order by it; with Shift, after the order that there is.
        </caption>
        <thead>
          <tr>
            ${resource.can.delete &&
            html`<th class="mark-cell" scope="col">
              <input
                type="checkbox"
                aria-label="Select all on this page"
                checked=${areAll}
                onChange=${() => selection.set(records, !areAll)}
              />
            </th>`}
            ${columns.map((field) => html`<${Head} key=${field.name} field=${field} sort=${sort} onSort=${onSort} />`)}
          </tr>
        </thead>
        <tbody>
          ${records.map(
            (record) => html`<${Row} key=${record.id} resource=${resource} columns=${columns} record=${record} selection=${selection} />`,
          )}
        </tbody>
      </table>
    </div>
  `;
}

function Head({ field, sort, onSort }) {
  const at = sort.findIndex((key) => key.field === field.name);
  const order = at < 0 ? "none" : sort[at].descends ? "descending" : "ascending";
  const title = field.description || undefined;
  if (!field.sortable) return html`<th scope="col" class=${alignment(field)} title=${title}>${field.label}</th>`;
  return html`
    <th scope="col" class=${alignment(field)} aria-sort=${at < 0 ? undefined : order} title=${title}>
      <button type="button" class="sorter" onClick=${(event) => onSort(field.name, event.shiftKey)}>
        ${field.label}
        <span class=${`arrow ${order}`} aria-hidden="true">${order === "descending" ? "↓" : "↑"}${sort.length > 1 && at >= 0 ? at + 1 : ""}</span>
        <span class="sr-only">, order ${NEXT[order]}</span>
      </button>
    </th>
  `;
}

function Row({ resource, columns, record, selection }) {
  const label = resource.labelOf(record);
  const isSelected = selection.has(record.id);
  const address = href(["resources", resource.name, record.id]);
  return html`
    <tr class=${isSelected ? "selected" : undefined}>
      ${resource.can.delete &&
      html`<td class="mark-cell">
        <input
          type="checkbox"
          aria-label=${`Select ${label}`}
          checked=${isSelected}
          onChange=${() => selection.set([record], !isSelected)}
        />
      </td>`}
      ${columns.map((field, index) =>
        index === 0
          ? html`<th scope="row" class=${alignment(field)}><a href=${address}><${Lead} field=${field} record=${record} /></a></th>`
          : html`<td class=${alignment(field)}><${Cell} field=${field} record=${record} /></td>`,
      )}
    </tr>
  `;
}

/** What leads to the record itself: a reference there is no link of its own, and a text that shows nothing gives way to the id. */
function Lead({ field, record }) {
  const value = record[field.name];
  if (typeof value === "string" && value.trim() === "") return html`<span class="mono" title=${record.id}>${brief(record.id)}</span>`;
  return html`<${Cell} field=${field.kind === "reference" ? { ...field, kind: "uuid" } : field} record=${record} />`;
}
