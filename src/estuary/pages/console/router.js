/** Addresses of views: everything after `#`, such as `#/resources/books?sort=-pages`. */

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

/** Follows and changes the page's address. */
export class Router extends Observable {
  #dirty = new Map();
  #window;

  constructor(page) {
    super();
    this.#window = page;
    this.route = parseHash(page.location.hash);
    /** A question whether to leave, `{reason, leave}`, where that would lose something; null where there is none. */
    this.pending = null;
    page.addEventListener("hashchange", (event) => this.#follow(new URL(event.oldURL).hash));
    page.addEventListener("beforeunload", (event) => this.#dirty.size && event.preventDefault());
  }

  /** Goes to an address made by `href`; with `replace` it takes the current one's place in the history. */
  go(target, { replace = false } = {}) {
    if (!replace) this.#window.location.hash = target;
    else {
      this.#window.history.replaceState(null, "", target);
      this.#arrive();
    }
  }

  /** From now on leaving the view is confirmed first, for this `reason`; returns what ends that. */
  guard(reason) {
    const mark = {};
    this.#dirty.set(mark, reason);
    return () => this.#dirty.delete(mark);
  }

  /** Calls `leave`, which leaves the view: at once, or once it is confirmed that unsaved changes may be lost. */
  leaving(leave) {
    if (this.#dirty.size === 0) return leave();
    const [reason] = this.#dirty.values();
    this.pending = { reason, leave };
    return this.changed();
  }

  /** Answers the `pending` question. */
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
