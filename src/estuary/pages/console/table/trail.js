/** The pages of a list that were passed, by their cursors: what leads back, for a cursor only leads on. */

const PREFIX = "estuary.trail ";
const LONGEST = 2000;

export class Trail {
  #storage;
  #key;

  /** The trail of the list that `key` stands for, kept in `storage`, the tab's own. */
  constructor(storage, key) {
    this.#storage = storage;
    this.#key = PREFIX + key;
  }

  /** The number of the page at `cursor`, counted from 1; null where it was not reached from the first one. */
  pageOf(cursor) {
    const at = this.#cursors().indexOf(cursor);
    return at < 0 ? null : at + 1;
  }

  /** The cursor of the page before the one at `cursor`; null where it is not known. */
  before(cursor) {
    const cursors = this.#cursors();
    return cursors[cursors.indexOf(cursor) - 1] ?? null;
  }

  /** Notes that the page at `next` follows the one at `cursor`. */
  note(cursor, next) {
    const cursors = this.#cursors();
    const at = cursors.indexOf(cursor);
    if (at < 0 || at >= LONGEST || cursors[at + 1] === next) return;
    this.#keep([...cursors.slice(0, at + 1), next]);
  }

  #cursors() {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#key));
      return Array.isArray(kept) ? kept : [""];
    } catch {
      return [""];
    }
  }

  #keep(cursors) {
    try {
      this.#storage.setItem(this.#key, JSON.stringify(cursors));
    } catch {
      // The storage is full: pages can then be followed onwards, and back by the browser's own button.
    }
  }
}
