/** How an import goes, or went: progress, what is broken by line, and those lines as a file to mend. */

import { grouped } from "../counting.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { Notice } from "../parts/notice.js";
import { Progress } from "../parts/progress.js";
import { save } from "./save.js";

const MOST_SHOWN = 200;

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
    ${broken.length > 0 && html`<${Broken} broken=${broken} resource=${resource} format=${format} />`}
  `;
}

function Outcome({ state: { phase, read, settled, broken, wait, message, wasTrial }, size }) {
  const good = settled - broken.length;
  const lines = (count) => `${grouped(count)} ${count === 1 ? "line" : "lines"}`;
  const wrong = broken.length === 0 ? "" : ` ${lines(broken.length)} cannot be imported.`;
  const written = `${lines(good)} imported.`;
  switch (phase) {
    case "trying":
    case "importing": {
      const pause = wait > 0 ? `; the service asks to wait ${wait} s` : "";
      return html`<${Progress}
        label=${`${lines(settled)} ${phase === "trying" ? "tried" : "written"}${pause}`}
        value=${read}
        most=${size}
      />`;
    }
    case "tried":
      if (settled === 0) return html`<${Notice} kind="warning" title="The file has no records" />`;
      return html`<${Notice} kind=${broken.length === 0 ? "success" : "warning"} title="Nothing was written yet"
        >${lines(good)} can be imported.${wrong}<//
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
        >${message} ${wasTrial ? "Nothing was written." : `Before that: ${written} You can go on: no line is written twice.`}<//
      >`;
  }
}

function Broken({ broken, resource, format }) {
  const inOrder = [...broken].sort((one, other) => one.at - other.at);
  const saveThem = () => {
    const lines = inOrder.map(({ text }) => `${text}\n`);
    save([headOf(broken, format), ...lines], `${resource.name}-broken.${format.extension}`, format.type);
  };
  return html`
    <div class="broken">
      <div class="heading">
        <h2>Lines that cannot be imported</h2>
        <${Button} onClick=${saveThem}>Save them as a file<//>
      </div>
      <div class="scroll" tabindex="0" role="region" aria-label="Lines that cannot be imported">
        <table class="lines">
          <thead>
            <tr>
              <th scope="col">Line</th>
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

/** A file of lines needs the head that their own file had. */
function headOf(broken, format) {
  return format.extension === "csv" ? `${broken[0].head}\n` : "";
}
