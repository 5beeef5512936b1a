/** A button that opens a small panel below itself; Escape, or the focus elsewhere, closes it. */

import { html, useId, useRef, useState } from "../html.js";

export function Popover({ label, children }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const whole = useRef(null);
  const button = useRef(null);
  const leave = (event) => whole.current.contains(event.relatedTarget) || setOpen(false);
  const press = (event) => {
    if (event.key !== "Escape" || !isOpen) return;
    setOpen(false);
    button.current.focus();
  };
  return html`
    <div class="popover" ref=${whole} onFocusOut=${leave} onKeyDown=${press}>
      <button
        ref=${button}
        type="button"
        class="button plain"
        aria-expanded=${isOpen ? "true" : "false"}
        aria-controls=${id}
        onClick=${() => setOpen(!isOpen)}
      >
        ${label}<span aria-hidden="true">▾</span>
      </button>
      <div id=${id} class="panel" tabindex="-1" hidden=${!isOpen}>${isOpen && children}</div>
    </div>
  `;
}
