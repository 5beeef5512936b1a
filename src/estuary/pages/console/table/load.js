/** The records of a page, asked for whenever the page is another one. */

import { useApp } from "../context.js";
import { counted } from "../counting.js";
import { useEffect, useState } from "../html.js";
import { conditionPairs, listQuery } from "./state.js";

/** `{records, next, refusal, isLoading}` of the page that `state` says. Until it is there, the one before is shown.
 *
 * `refusal` is the answer where it is none with records; `round` is raised to ask again.
 */
export function useRecords(resource, state, fields, expanded, round) {
  const { api, rights, session } = useApp();
  const [page, setPage] = useState({ records: [], next: null, refusal: null });
  const [settled, setSettled] = useState(null);
  const query = listQuery(state, fields, expanded);
  const wanted = JSON.stringify([query, round, session.credential?.secret]);

  useEffect(() => {
    const ending = new AbortController();
    const load = async () => {
      const answer = rights.learn(
        resource,
        "read",
        await api.request("GET", resource.path, { query, signal: ending.signal }),
      );
      setPage(
        answer.ok
          ? { records: answer.body.items, next: answer.body.next_cursor, refusal: null }
          : { records: [], next: null, refusal: answer },
      );
      setSettled(wanted);
    };
    const ended = (error) => {
      if (!ending.signal.aborted) throw error;
    };
    if (session.credential !== null || resource.open.read) load().catch(ended);
    return () => ending.abort();
  }, [wanted]);

  return { ...page, isLoading: settled !== wanted };
}

/** How many records there are for the state's conditions, in words; null until it is known. */
export function useTotal(resource, { conditions }, round) {
  const app = useApp();
  const [total, setTotal] = useState(null);
  const pairs = conditionPairs(conditions);
  const wanted = JSON.stringify([pairs, round, app.session.credential?.secret]);
  useEffect(() => {
    const ending = new AbortController();
    setTotal(null);
    counted(resource, pairs, app, ending.signal).then(setTotal, () => {});
    return () => ending.abort();
  }, [wanted]);
  return total;
}
