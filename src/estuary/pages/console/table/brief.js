/** Ids, short. */

const ENDING = 12;

/** The end of an id, in which those that were made at the same time differ. */
export function brief(id) {
  return id.length > ENDING ? `…${id.slice(-ENDING)}` : id;
}
