/** Asks again every few seconds, while the page can be seen. */

import { useEffect, useRef } from "../html.js";

/** Calls `ask(signal)` at once, again when one of `reasons` changes, and `pause` milliseconds after each answer; not while the page is hidden. */
export function usePolling(ask, pause, ...reasons) {
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const stop = new AbortController();
    let timer = null;
    let isAsking = false;
    const next = async () => {
      clearTimeout(timer);
      if (document.hidden || isAsking) return;
      isAsking = true;
      await latest.current(stop.signal).catch((error) => {
        if (!stop.signal.aborted) throw error;
      });
      isAsking = false;
      if (!stop.signal.aborted) timer = setTimeout(next, pause);
    };
    document.addEventListener("visibilitychange", next, { signal: stop.signal });
    next();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [pause, ...reasons]);
}
