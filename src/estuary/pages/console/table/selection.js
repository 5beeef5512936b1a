/** Which records are chosen, on whichever page they were. */

import { useEffect, useRef, useState } from "../html.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { useApp } from "../context.js";

/** The selection of the list that `key` stands for; another list begins with none. */
export function useSelection(key) {
  const [records, setRecords] = useState(new Map());
  const current = useRef(key);
  useEffect(() => {
    if (current.current !== key) setRecords(new Map());
    current.current = key;
  }, [key]);
  return {
    size: records.size,
    records: [...records.values()],
    has: (id) => records.has(id),
    /** Chooses `changed`, or no longer. */
    set(changed, isChosen) {
      const next = new Map(records);
      for (const record of changed) isChosen ? next.set(record.id, record) : next.delete(record.id);
      setRecords(next);
    },
    clear: () => setRecords(new Map()),
  };
}

export function SelectionBar({ resource, selection, onDelete }) {
  const { rights } = useApp();
  return html`
    <div class=${selection.size > 0 ? "selection" : "sr-only"} role="status">
      ${selection.size > 0 &&
      html`
        <strong>${selection.size} selected</strong>
        <${Button} kind="quiet" onClick=${selection.clear}>Clear<//>
        <${Button} kind="danger" refusal=${rights.refusal(resource, "delete")} onClick=${onDelete}>Delete…<//>
      `}
    </div>
  `;
}
