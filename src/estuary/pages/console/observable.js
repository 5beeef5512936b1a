/** A state whose listeners are called after each change. */

export class Observable {
  #listeners = new Set();

  /** Calls `listener` after each change; what it returns ends that. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed() {
    for (const listener of this.#listeners) listener();
  }
}
