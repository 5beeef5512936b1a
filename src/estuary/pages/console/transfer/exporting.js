/** The records of a list, page after page, as parts of a file. */

import { patiently } from "../sending.js";

const PAGE = 100;

/** An answer that ends an export or an import. */
export class Refused extends Error {
  constructor(answer) {
    super(answer.message);
    this.answer = answer;
  }
}

/**
 * Texts that make up a file of all records of `resource` that `query` asks for, pairs of a list's URL: conditions and sort.
 *
 * Pages follow each other by cursor, so a record that is there throughout comes exactly once, whatever is written
 * meanwhile. `onRecords` is called with how many came, `onPause` with how long the service asks to wait. Throws `Refused`.
 */
export async function* fileOf(api, resource, fields, query, format, { signal, onRecords = () => {}, onPause } = {}) {
  yield format.head(fields);
  let cursor = "";
  do {
    const page = [...query, ["limit", String(PAGE)], ["cursor", cursor]];
    const answer = await patiently(() => api.request("GET", resource.path, { query: page, signal }), {
      signal,
      onPause,
    });
    if (!answer.ok) throw new Refused(answer);
    yield answer.body.items.map((record) => format.line(fields, record)).join("");
    onRecords(answer.body.items.length);
    cursor = answer.body.next_cursor;
  } while (cursor !== null);
}
