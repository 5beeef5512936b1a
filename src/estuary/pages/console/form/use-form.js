/** The state of a form: what it began with, what is entered, and whether that differs. */

import { useApp } from "../context.js";
import { useEffect, useMemo, useState } from "../html.js";
import { equal } from "../values/json.js";
import { pathsOf } from "./violations.js";

/** `begin()` gives the entries by field that the form begins with. What is unsaved holds back who leaves the view. */
export function useForm(fields, begin) {
  const { router } = useApp();
  const [state, setState] = useState(() => {
    const entries = begin();
    return { began: entries, entries, problem: null };
  });
  const isChanged = !equal(state.began, state.entries);
  useEffect(() => (isChanged ? router.guard("What you have changed here is not saved.") : undefined), [isChanged]);
  return {
    ...state,
    isChanged,
    paths: useMemo(() => pathsOf(fields), [fields]),
    set: (name, entry) => setState((now) => ({ ...now, entries: { ...now.entries, [name]: entry } })),
    fail: (problem) => setState((now) => ({ ...now, problem })),
    reset: (entries) => setState({ began: entries, entries, problem: null }),
    /** The entries `sent` are kept, and read as `kept` now; what was typed after they were sent stays. */
    saved: (sent, kept) =>
      setState(({ entries }) => {
        const isTyped = (name) => !equal(entries[name], sent[name]);
        const now = Object.keys(kept).map((name) => [name, (isTyped(name) ? entries : kept)[name]]);
        return { began: kept, entries: Object.fromEntries(now), problem: null };
      }),
    settle: ({ began, entries }) => setState({ began, entries, problem: null }),
  };
}
