/** Asks, where somebody else has saved meanwhile, whose value each contested field is to have. */

import { html, useId, useState } from "../html.js";
import { Button } from "../parts/button.js";
import { Dialog } from "../parts/dialog.js";
import { compare, settle } from "./conflict.js";

/** `theirs` is the record as it is now. `onSettle` is given what `settle` makes, and `{andSave}`. */
export function ConflictDialog({ fields, form, theirs, onSettle, onClose }) {
  const { contested, taken } = compare(fields, form.began, form.entries, theirs);
  const [keeps, setKeeps] = useState(new Set(contested.map(({ field }) => field.name)));
  const choose = (name, isMine) => {
    const next = new Set(keeps);
    if (isMine) next.add(name);
    else next.delete(name);
    setKeeps(next);
  };
  const done = (andSave) => onSettle(settle(fields, form.began, form.entries, theirs, keeps), { andSave });
  const actions = html`
    <${Button} onClick=${onClose}>Cancel<//>
    <${Button} onClick=${() => done(false)}>Go on editing<//>
    <${Button} kind="primary" onClick=${() => done(true)}>Save<//>
  `;
  return html`
    <${Dialog} wide title="Somebody else has saved this record meanwhile" onClose=${onClose} actions=${actions}>
      <p>
        ${contested.length > 0 ? "You both changed these fields. Choose which values stay." : "They changed other fields than you: both changes can stay."}
      </p>
      ${contested.map((each) => html`<${Choice} key=${each.field.name} ...${each} isMine=${keeps.has(each.field.name)} onChoose=${(isMine) => choose(each.field.name, isMine)} />`)}
      ${
        taken.length > 0 &&
        html`
          <h3>Changed by them alone</h3>
          <dl class="facts">
            ${taken.map(
              ({ field, base, theirs: now }) =>
                html`<div>
                  <dt>${field.label}</dt>
                  <dd><del>${shown(base)}</del> <ins>${shown(now)}</ins></dd>
                </div>`,
            )}
          </dl>
        `
      }
    <//>
  `;
}

function Choice({ field, base, theirs, mine, isMine, onChoose }) {
  const name = useId();
  const option = (label, entry, chosen, whose) => html`
    <label class=${chosen ? "side chosen" : "side"}>
      <span><input type="radio" name=${name} checked=${chosen} onChange=${() => onChoose(whose)} /> ${label}</span>
      <span class="side-value">${shown(entry)}</span>
    </label>
  `;
  return html`
    <fieldset class="group contested">
      <legend>${field.label}</legend>
      <p class="hint">It was: ${shown(base)}</p>
      <div class="sides">${option("Yours", mine, isMine, true)}${option("Theirs", theirs, !isMine, false)}</div>
    </fieldset>
  `;
}

/** An entry as text. */
function shown(entry) {
  if (entry.state === "null") return "null";
  if (entry.state === "absent") return "left out";
  if (entry.text !== undefined) return entry.text === "" ? "empty" : entry.text;
  if (entry.items !== undefined) return entry.items.length === 0 ? "empty" : entry.items.map(shown).join(", ");
  return Object.entries(entry.members)
    .map(([name, member]) => `${name}: ${shown(member)}`)
    .join(", ");
}
