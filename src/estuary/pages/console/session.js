/** Who is signed in: the credentials that requests carry, and the question for new ones where they do not hold. */

import { Observable } from "./observable.js";

const KEPT = "estuary.session";

export class Session extends Observable {
  #storage;
  #question = null;
  #renewal = null;

  /** `ways` are how one can sign in: `[]` where the API asks for nothing. `storage` is the tab's own. */
  constructor(ways, storage) {
    super();
    this.ways = ways;
    this.#storage = storage;
    this.credential = this.#kept();
  }

  get canSignIn() {
    return this.ways.length > 0;
  }

  /** The headers that say who asks. */
  get headers() {
    return this.credential === null ? {} : { authorization: `Bearer ${this.credential.secret}` };
  }

  /** Why credentials are asked for over what is on the screen; null while they are not. */
  get question() {
    return this.#question;
  }

  /** Takes `credential`, `{way, secret, name, renew?}`, and keeps it for this tab's life where `keep` says so; not `renew`,
   * a function that gives the next credential. */
  signIn(credential, { keep }) {
    this.credential = credential;
    this.#storage.removeItem(KEPT);
    if (keep) this.#storage.setItem(KEPT, JSON.stringify(credential));
    this.#settle(true);
  }

  /** Has `used`, which was refused, renewed without asking anybody; whether there is another credential now.
   *
   * Requests that are refused at the same time renew it once.
   */
  async renew(used) {
    if (this.credential !== used) return this.credential !== null;
    if (!used?.renew) return false;
    this.#renewal ??= this.#renewed(used).finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renewed(used) {
    const fresh = await used.renew().catch(() => null);
    if (fresh === null || this.credential !== used) return false;
    this.credential = fresh;
    if (this.#storage.getItem(KEPT) !== null) this.#storage.setItem(KEPT, JSON.stringify(fresh));
    return true;
  }

  signOut() {
    this.credential = null;
    this.#storage.clear();
    this.#settle(false);
  }

  /** Asks for new credentials instead of `used`, which were refused with `reason`; whether there are any now.
   *
   * Requests that are refused at the same time ask one question. Nobody who has not signed in is asked, but by
   * a view that offers it.
   */
  async ask(used, reason, { anyway = false } = {}) {
    if (this.credential !== used) return this.credential !== null;
    if (used === null && !anyway) return false;
    if (this.#question === null) {
      let resolve;
      const promise = new Promise((settle) => (resolve = settle));
      this.#question = { reason, promise, resolve };
      this.changed();
    }
    return this.#question.promise;
  }

  /** Goes on without credentials: what was refused stays refused. */
  dismiss() {
    this.#settle(false);
  }

  #settle(outcome) {
    const question = this.#question;
    this.#question = null;
    question?.resolve(outcome);
    this.changed();
  }

  #kept() {
    try {
      const kept = JSON.parse(this.#storage.getItem(KEPT));
      return typeof kept?.secret === "string" ? kept : null;
    } catch {
      return null;
    }
  }
}
