/** How an import goes, or went: progress, what is broken by line or entry, and those as a file to mend. */

import { grouped } from "../counting.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { Progress } from "../parts/progress.js";
import { save } from "./save.js";

const MOST_SHOWN = 200;
/** What a file consists of, and several of them. */
const PARTS = { line: "lines", entry: "entries" };

export function ImportReport({ state, size, resource, format }) {
  const { phase, broken, unknown } = state;
  if (phase === "ready") return null;
  return html`
    <${Outcome} state=${state} size=${size} />
    ${
      unknown.length > 0 &&
      html`<${Notice} kind="warning" title="Unknown fields"
        >They are ignored: <span class="mono">${unknown.slice(0, 20).join(", ")}</span><//
      >`
    }
    ${broken.length > 0 && html`<${Broken} broken=${broken} part=${state.part} resource=${resource} format=${format} />`}
  `;
}

function Outcome({ state: { phase, part, read, settled, broken, wait, message, wasTrial }, size }) {
  const good = settled - broken.length;
  const counted = (count) => `${grouped(count)} ${count === 1 ? part : PARTS[part]}`;
  const wrong = broken.length === 0 ? "" : ` ${counted(broken.length)} cannot be imported.`;
  const written = `${counted(good)} imported.`;
  switch (phase) {
    case "trying":
    case "importing": {
      const pause = wait > 0 ? `; the service asks to wait ${wait} s` : "";
      return html`<${Progress}
        label=${`${counted(settled)} ${phase === "trying" ? "tried" : "written"}${pause}`}
        value=${read}
        most=${size}
      />`;
    }
    case "tried":
      if (settled === 0) return html`<${Notice} kind="warning" title="The file has no records" />`;
      return html`<${Notice} kind=${broken.length === 0 ? "success" : "warning"} title="Nothing was written yet"
        >${counted(good)} can be imported.${wrong}<//
      >`;
    case "imported":
      return html`<${Notice} kind=${broken.length === 0 ? "success" : "warning"} title="Imported"
        >${written}${wrong}<//
      >`;
    case "cancelled":
      return html`<${Notice} title="Cancelled"
        >${wasTrial ? "Nothing was written." : `${written} You can go on with the others.`}<//
      >`;
    default:
      return html`<${Notice} kind="error" title=${wasTrial ? "The trial ended" : "The import ended"}
        >${message} ${wasTrial ? "Nothing was written." : `Before that: ${written} You can go on: nothing is written twice.`}<//
      >`;
  }
}

function Broken({ broken, part, resource, format }) {
  const title = `${capital(PARTS[part])} that cannot be imported`;
  const inOrder = [...broken].sort((one, other) => one.at - other.at);
  const saveThem = () => {
    const lines = inOrder.map(({ text }) => `${text}\n`);
    save([headOf(broken, format), ...lines], `${resource.name}-broken.${format.extension}`, format.type);
  };
  return html`
    <div class="broken">
      <div class="heading">
        <h2>${title}</h2>
        <${Button} onClick=${saveThem}>Save them as a file<//>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label=${title}>
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">${capital(part)}</th>
              <th scope="col">Field</th>
              <th scope="col">What is wrong</th>
            </tr>
          </thead>
          <tbody>
            ${inOrder.slice(0, MOST_SHOWN).flatMap(({ at, faults }) =>
              faults.map(
                ({ field, message }, place) =>
                  html`<tr key=${`${at}.${place}`}>
                    <td>${at}</td>
                    <td class="mono">${field}</td>
                    <td>${message}</td>
                  </tr>`,
              ),
            )}
          </tbody>
        </table>
      </div>
      ${broken.length > MOST_SHOWN && html`<p class="muted small">The first ${MOST_SHOWN} of ${grouped(broken.length)}.</p>`}
    </div>
  `;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

/** A file of lines needs the head that their own file had. */
function headOf(broken, format) {
  return format.extension === "csv" ? `${broken[0].head}\n` : "";
}
