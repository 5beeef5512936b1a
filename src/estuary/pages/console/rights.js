/** What the service has refused to who is signed in: the API decides, and the console remembers its answers. */

import { Observable } from "./observable.js";

export class Rights extends Observable {
  #refused = new Map();

  constructor(session) {
    super();
    session.subscribe(() => this.#refused.clear());
  }

  /** Looks at an answer to `action` (`read`, `create`, `update` or `delete`) on a record; gives it back.
   *
   * What is refused for a record is refused for all of its resource, but where one may change one's own records alone.
   */
  learn(resource, action, answer, id) {
    const key = keyOf(resource, action, id);
    const before = this.#refused.get(key);
    if (answer.status === 403) this.#refused.set(key, answer.message);
    else if (answer.ok) this.#refused.delete(key);
    if (this.#refused.get(key) !== before) this.changed();
    return answer;
  }

  /** Why `action` is known to be refused, for the record `id` or for all; undefined where it is not. */
  refusal(resource, action, id) {
    return this.#refused.get(keyOf(resource, action, id));
  }
}

function keyOf(resource, action, id) {
  const isOfOne = resource.dependsOnRecord(action);
  return `${action} ${resource.name} ${isOfOne ? id : ""}`;
}
