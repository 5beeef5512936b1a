/** What the service has refused to whoever is signed in: the API decides, and the console remembers what it said. */

import { Observable } from "./observable.js";

export class Rights extends Observable {
  #refused = new Map();

  constructor(session) {
    super();
    session.subscribe(() => this.#refused.clear());
  }

  /** Looks at an answer to `action` (`read`, `create`, `update` or `delete`) on a resource; gives it back. */
  learn(resource, action, answer) {
    const key = `${action} ${resource}`;
    const before = this.#refused.get(key);
    if (answer.status === 403) this.#refused.set(key, answer.message);
    else if (answer.ok) this.#refused.delete(key);
    if (this.#refused.get(key) !== before) this.changed();
    return answer;
  }

  /** Why `action` is known to be refused; undefined where it is not. */
  refusal(resource, action) {
    return this.#refused.get(`${action} ${resource}`);
  }
}
