/** The record that a field refers to: sought among those of the other resource, by what they are called or by id. */

import { useApp } from "../context.js";
import { html, useEffect, useId, useRef, useState } from "../html.js";
import { href } from "../router.js";
import { delay } from "../sending.js";
import { typed } from "./entries.js";
import { stateName } from "./controls.js";

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const PAUSE = 200;
const MOST = 8;

export function ReferenceControl({ field, entry, onChange, control, mode, omittable }) {
  const { api, resources } = useApp();
  const target = resources.find(({ name }) => name === field.reference);
  const chosen = entry.state === "value" && !entry.bad ? entry.text : "";
  const [sought, setSought] = useState(null);
  const [place, setPlace] = useState(-1);
  const label = useLabel(api, target, chosen);
  const found = useFound(api, target, sought);
  const list = useId();
  const isOpen = sought !== null && found.records.length > 0;

  const write = (text) => {
    setSought(text);
    setPlace(-1);
    onChange(
      UUID.test(text.trim()) ? { state: "value", text: text.trim().toLowerCase() } : typed(field, "", text !== ""),
    );
  };
  const choose = (record) => {
    onChange({ state: "value", text: record.id });
    setSought(null);
  };
  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (sought === null) setSought("");
      else if (isOpen)
        setPlace((place + step + found.records.length + (place < 0 && step < 0 ? 1 : 0)) % found.records.length);
    } else if (event.key === "Enter" && isOpen && place >= 0) {
      event.preventDefault();
      choose(found.records[place]);
    } else if (event.key === "Escape" && sought !== null) {
      event.stopPropagation();
      setSought(null);
    }
  };

  return html`
    <div class="reference">
      <input
        class="input"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck=${false}
        ...${control}
        aria-autocomplete="list"
        aria-expanded=${isOpen ? "true" : "false"}
        aria-controls=${list}
        aria-activedescendant=${isOpen && place >= 0 ? `${list}-${place}` : undefined}
        placeholder=${stateName(entry, mode, omittable) || `Find one of the ${field.reference}, or paste an id`}
        value=${sought ?? label ?? chosen}
        onInput=${(event) => write(event.currentTarget.value)}
        onKeyDown=${press}
        onClick=${() => sought === null && setSought("")}
        onBlur=${() => !entry.bad && setSought(null)}
      />
      <ul class="options" id=${list} role="listbox" aria-label=${field.reference} hidden=${!isOpen}>
        ${
          isOpen &&
          found.records.map(
            (record, at) => html`
              <li
                key=${record.id}
                id=${`${list}-${at}`}
                role="option"
                aria-selected=${at === place ? "true" : "false"}
                onMouseDown=${(event) => event.preventDefault()}
                onClick=${() => choose(record)}
              >
                ${target.labelOf(record)} <span class="mono muted">${record.id}</span>
              </li>
            `,
          )
        }
      </ul>
      <p class="hint" role="status">
        ${sought !== null && found.message}
        ${sought === null && chosen && target && html`<a href=${href(["resources", target.name, chosen])}>Open</a> <span class="mono">${chosen}</span>`}
      </p>
    </div>
  `;
}

/** What the record `id` is called; null while that is unknown. */
function useLabel(api, target, id) {
  const [known, setKnown] = useState({ id: "", label: null });
  useEffect(() => {
    if (!target?.can.read || !UUID.test(id) || known.id === id) return undefined;
    const stop = new AbortController();
    labelled(api, target, id, stop.signal).then(
      (label) => setKnown({ id, label }),
      () => {},
    );
    return () => stop.abort();
  }, [id]);
  return known.id === id ? known.label : null;
}

async function labelled(api, target, id, signal) {
  const answer = await api.request("GET", target.recordPath(id), { query: { fields: shown(target) }, signal });
  return answer.ok ? target.labelOf(answer.body) : null;
}

/** The records whose label has what is sought, and the message about them. */
function useFound(api, target, sought) {
  const [found, setFound] = useState({ records: [], message: "" });
  const latest = useRef(null);
  useEffect(() => {
    if (sought === null || !target?.can.read) return undefined;
    const stop = new AbortController();
    latest.current = stop;
    seek(api, target, sought.trim(), stop.signal).then(setFound, () => {});
    return () => stop.abort();
  }, [sought]);
  return sought === null ? { records: [], message: "" } : found;
}

async function seek(api, target, text, signal) {
  if (text !== "") await delay(PAUSE, signal);
  if (text !== "" && !UUID.test(text) && target.labelField === undefined) return { records: [], message: "Paste an id" };
  const answer = await asked(api, target, text, signal);
  if (!answer.ok) return { records: [], message: answer.message };
  const records = answer.body.items;
  const message = { 0: "None found", 1: "1 found", [MOST]: `The first ${MOST}; type to find others` }[records.length];
  return { records, message: message ?? `${records.length} found` };
}

/** By id, or by what the label holds; what begins with it where looking everywhere costs too much. */
async function asked(api, target, text, signal) {
  const query = { fields: shown(target), limit: String(MOST), count: "none" };
  const ask = (condition) => api.request("GET", target.path, { query: { ...query, ...condition }, signal });
  if (text === "") return ask({});
  if (UUID.test(text)) return ask({ id: text });
  const { name } = target.labelField;
  const answer = await ask({ [`${name}.contains`]: text });
  return answer.status === 422 ? ask({ [`${name}.prefix`]: text, sort: name }) : answer;
}

function shown(target) {
  return target.labelField === undefined ? "id" : `id,${target.labelField.name}`;
}
