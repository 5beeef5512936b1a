/** A button that puts a text on the clipboard, and says whether it is there. */

import { html, useEffect, useState } from "../html.js";

const SHOWN = 2000;

export function CopyButton({ text, what }) {
  const [status, setStatus] = useState("");
  useEffect(() => {
    if (status === "") return undefined;
    const timer = setTimeout(() => setStatus(""), SHOWN);
    return () => clearTimeout(timer);
  }, [status]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setStatus("Copied");
    } catch {
      setStatus("Select it, and copy by keyboard"); // without a secure origin there is no clipboard for pages
    }
  };
  return html`
    <button type="button" class="button quiet small" aria-label=${`Copy ${what}`} onClick=${copy}>Copy</button>
    <span class="muted small" role="status">${status}</span>
  `;
}
