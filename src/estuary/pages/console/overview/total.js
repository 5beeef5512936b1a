/** How many records a resource has: asked for once it comes into sight. */

import { useApp } from "../context.js";
import { counted } from "../counting.js";
import { html, useEffect, useRef, useState } from "../html.js";

export function Total({ resource }) {
  const app = useApp();
  const { credential } = app.session;
  const [total, setTotal] = useState("…");
  const element = useRef(null);
  useEffect(() => {
    const ending = new AbortController();
    const count = async () => setTotal(await counted(resource, [], app, ending.signal));
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry.isIntersecting) return;
      observer.disconnect();
      count().catch(() => {});
    });
    observer.observe(element.current);
    return () => {
      observer.disconnect();
      ending.abort();
    };
  }, [resource, credential]);
  return html`<span ref=${element} class="total muted">${total}</span>`;
}
