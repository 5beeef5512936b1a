/** Messages that pass: what was done, and for some seconds a way to undo it. */

import { Observable } from "../observable.js";
import { useChanges } from "../context.js";
import { html, useEffect, useState } from "../html.js";
import { Button } from "./button.js";

const SECONDS = 10;

/** The messages that are shown. */
export class Toasts extends Observable {
  shown = [];
  #next = 1;

  /** Shows `text`, for `seconds`; with `action`, `{label, run}`, a button that does it and ends the message. */
  show(text, { action, kind = "success", seconds = SECONDS } = {}) {
    const toast = { id: this.#next++, text, action, kind, seconds };
    this.shown = [...this.shown, toast];
    this.changed();
  }

  clear() {
    this.shown = [];
    this.changed();
  }

  close(toast) {
    this.shown = this.shown.filter((each) => each !== toast);
    this.changed();
  }
}

export function ToastRegion({ toasts }) {
  useChanges(toasts);
  return html`
    <section class="toasts" aria-label="Messages" aria-live="polite">
      ${toasts.shown.map((toast) => html`<${Toast} key=${toast.id} toast=${toast} onClose=${() => toasts.close(toast)} />`)}
    </section>
  `;
}

/** One message; while the pointer or the focus is on it, it stays. */
function Toast({ toast, onClose }) {
  const [isHeld, setHeld] = useState(false);
  const hold = () => setHeld(true);
  const release = () => setHeld(false);
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(onClose, toast.seconds * 1000);
    return () => clearTimeout(timer);
  }, [isHeld]);
  const act = () => {
    onClose();
    toast.action.run();
  };
  return html`
    <div
      class=${`toast ${toast.kind}`}
      onMouseEnter=${hold}
      onMouseLeave=${release}
      onFocusIn=${hold}
      onFocusOut=${release}
    >
      <span>${toast.text}</span>
      ${toast.action && html`<${Button} kind="quiet" onClick=${act}>${toast.action.label}<//>`}
      <${Button} kind="quiet" onClick=${onClose} aria-label="Close this message">×<//>
    </div>
  `;
}
