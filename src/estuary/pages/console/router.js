/** Which view the address asks for. Everything after `#` is the console's: `#/resources/books?sort=-pages`. */

import { Observable } from "./observable.js";

/** An address taken apart: `path` without slashes at its ends, and `query`, pairs in their order. */
export function parseHash(hash) {
  const [path, query = ""] = split(hash.replace(/^#/, ""), "?");
  return { path: path.replace(/^\/+|\/+$/g, ""), query: [...new URLSearchParams(query)] };
}

/** The address of `segments`, each percent-encoded, with `query`, pairs or an object, behind it. */
export function href(segments, query = []) {
  const parameters = new URLSearchParams(query).toString();
  const path = segments.map(encodeURIComponent).join("/");
  return parameters ? `#/${path}?${parameters}` : `#/${path}`;
}

/** The parameters that `path` has for `pattern`, such as `resources/:resource`; null where it is another. */
export function match(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const parameters = {};
  for (const [index, segment] of wanted.entries()) {
    if (segment.startsWith(":")) parameters[segment.slice(1)] = decoded(given[index]);
    else if (segment !== given[index]) return null;
  }
  return parameters;
}

/** The address of the page, followed and changed. */
export class Router extends Observable {
  #dirty = new Map();
  #window;

  constructor(page) {
    super();
    this.#window = page;
    this.route = parseHash(page.location.hash);
    /** What would be lost by what the person wants to do, `reason`; null while nothing is to be decided. */
    this.pending = null;
    page.addEventListener("hashchange", (event) => this.#follow(new URL(event.oldURL).hash));
    page.addEventListener("beforeunload", (event) => this.#dirty.size && event.preventDefault());
  }

  /** Goes to an address that `href` made; with `replace` the one before is forgotten. */
  go(target, { replace = false } = {}) {
    if (!replace) this.#window.location.hash = target;
    else {
      this.#window.history.replaceState(null, "", target);
      this.#arrive();
    }
  }

  /** Asks, for this `reason`, before the view is left, until what this returns is called. */
  guard(reason) {
    const mark = {};
    this.#dirty.set(mark, reason);
    return () => this.#dirty.delete(mark);
  }

  /** Calls `leave`, which leaves the view: at once, or when it is settled that what is unsaved may be lost. */
  leaving(leave) {
    if (this.#dirty.size === 0) return leave();
    const [reason] = this.#dirty.values();
    this.pending = { reason, leave };
    return this.changed();
  }

  /** Settles what was `pending`: whether to leave. */
  decide(isLeaving) {
    const { leave } = this.pending;
    this.pending = null;
    if (isLeaving) {
      this.#dirty.clear();
      leave();
    }
    this.changed();
  }

  #follow(before) {
    const target = this.#window.location.hash;
    if (this.#dirty.size === 0) return this.#arrive();
    if (parseHash(target).path === this.route.path) return this.#arrive();
    this.#window.history.pushState(null, "", before || "#/");
    this.leaving(() => this.go(target || "#/"));
  }

  #arrive() {
    this.route = parseHash(this.#window.location.hash);
    this.changed();
  }
}

function split(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
