/** The records of a resource: filtered, ordered and paged by the service, chosen and deleted here. */

import { useApp, useChanges } from "../context.js";
import { html, useEffect, useMemo, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { BulkDelete } from "./bulk-delete.js";
import { columnsOf, expandedOf, fieldsOf } from "./columns.js";
import { Filters } from "./filters.js";
import { Heading } from "./heading.js";
import { useRecords, useTotal } from "./load.js";
import { ColumnChooser, Pager, SizeChooser } from "./paging.js";
import { Nothing, Refusal, SignInFirst } from "./nothing.js";
import { Records } from "./records.js";
import { SelectionBar, useSelection } from "./selection.js";
import { listKey, parseState, sortedBy, stateAddress } from "./state.js";
import { Trail } from "./trail.js";

export default function Table({ resource, query }) {
  const { router, rights, session } = useApp();
  useChanges(rights);
  const state = parseState(query);
  const [round, setRound] = useState(0);
  const [isDeleting, setDeleting] = useState(false);
  const columns = columnsOf(resource, state.columns);
  const page = useRecords(resource, state, fieldsOf(resource, columns), expandedOf(columns), round);
  const total = useTotal(resource, state, round);
  const key = listKey(resource, state);
  const selection = useSelection(key);
  const trail = useMemo(() => new Trail(window.sessionStorage, key), [key]);
  useEffect(() => {
    if (!page.isLoading && page.next !== null) trail.note(state.cursor, page.next);
  }, [page.isLoading, page.next]);

  const go = (changes) => router.go(stateAddress(resource, { ...state, cursor: "", ...changes }));
  const hasPages = page.records.length > 0 || state.cursor !== "";
  const mustSignIn = session.credential === null && !resource.open.read;

  return html`
    <${Heading} resource=${resource} state=${state} />
    ${mustSignIn
      ? html`<${SignInFirst} resource=${resource} />`
      : html`
          <div class="toolbar">
            <${Filters} resource=${resource} conditions=${state.conditions} onChange=${(conditions) => go({ conditions })} />
            <div class="toolbar-end">
              <${ColumnChooser} resource=${resource} columns=${columns} onChange=${(names) => go({ columns: names, cursor: state.cursor })} />
              <${Button} onClick=${() => setRound(round + 1)} busy=${page.isLoading}>Reload<//>
            </div>
          </div>
          ${page.refusal && html`<${Refusal} resource=${resource} answer=${page.refusal} onFirst=${() => go({})} onAnew=${() => go({ conditions: [], sort: [], columns: null })} />`}
          ${!page.refusal &&
          (page.records.length > 0 || page.isLoading
            ? html`<${Records}
                resource=${resource}
                columns=${columns}
                page=${page}
                sort=${state.sort}
                onSort=${(field, isAdded) => go({ sort: sortedBy(state.sort, field, isAdded) })}
                selection=${selection}
              />`
            : html`<${Nothing} resource=${resource} state=${state} onClear=${() => go({ conditions: [] })} />`)}
          ${hasPages &&
          html`<div class="table-end">
            <${Pager} state=${state} page=${page} total=${total} trail=${trail} onGo=${(cursor) => go({ cursor })} />
            <${SizeChooser} value=${state.limit} onChange=${(limit) => go({ limit })} />
          </div>`}
          <${SelectionBar} resource=${resource} selection=${selection} onDelete=${() => setDeleting(true)} />
        `}
    ${isDeleting &&
    html`<${BulkDelete}
      resource=${resource}
      selection=${selection}
      onClose=${() => setDeleting(false)}
      onChanged=${() => setRound((before) => before + 1)}
    />`}
  `;
}
