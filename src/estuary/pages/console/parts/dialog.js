/** A dialogue over the page, which keeps the focus until it is closed. */

import { html, useEffect, useId, useRef } from "../html.js";

/** Shown as long as it is rendered. `onClose` is called for Escape; `actions` are its buttons. */
export function Dialog({ title, onClose, actions, children, wide = false }) {
  const id = useId();
  const element = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    element.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose?.();
  };
  // A browser lets a second Escape in a row close it, whatever the first is answered with: it is closed by not being rendered.
  const stay = () => element.current?.showModal();
  return html`
    <dialog ref=${element} class=${wide ? "dialog wide" : "dialog"} aria-labelledby=${id} onCancel=${cancel} onClose=${stay}>
      <h2 id=${id}>${title}</h2>
      <div class="dialog-body">${children}</div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </dialog>
  `;
}
