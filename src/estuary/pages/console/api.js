/** Requests to the API, with the credentials of who is signed in. */

import { parse, stringify } from "./values/json.js";

const MERGE_PATCH = "application/merge-patch+json";

/** An answer of the service. */
export class Answer {
  /** `status` is 0 where there was no answer at all; `body` then says so in the API's own form. */
  constructor(status, headers, body) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }

  get ok() {
    return this.status >= 200 && this.status < 300;
  }

  /** The message to show for a refusal, in the API's own words. */
  get message() {
    const wait = this.headers.get("retry-after");
    const message = this.body?.message ?? `The service answered ${this.status}`;
    return wait === null ? message : `${message}. Try again in ${wait} s.`;
  }

  /** What is wrong with which field: `{field, message, code}` each. */
  get violations() {
    return this.body?.details?.validation_errors ?? [];
  }
}

/** The API, with the credentials of `session`, which is asked for others where they are refused. */
export class Api {
  #session;
  #base;

  /** `base` comes before each path that is asked for. */
  constructor(session, base = "") {
    this.#session = session;
    this.#base = base;
  }

  /** Sends one request and gives its `Answer`; never throws but where `signal` ends it.
   *
   * `query` is an object or a list of pairs, `body` a value that is sent as JSON or a text that is sent as it
   * is. Where the credentials do not hold, they are renewed if they can be, else the person is asked to sign in again, and
   * the request is then sent again; unless `ask` is false.
   */
  async request(method, path, { query, body, headers = {}, signal, ask = true } = {}) {
    const send = () => this.#send(method, address(this.#base + path, query), body, headers, signal);
    let used = this.#session.credential;
    let answer = await send();
    if (!ask || !this.#session.canSignIn) return answer;
    if (answer.status === 401 && (await this.#session.renew(used))) {
      used = this.#session.credential;
      answer = await send();
    }
    return answer.status === 401 && (await this.#session.ask(used, answer.message)) ? send() : answer;
  }

  async #send(method, url, body, headers, signal) {
    const sent = { accept: "application/json", ...this.#session.headers, ...headers };
    if (body !== undefined && !Object.keys(sent).some((name) => name.toLowerCase() === "content-type"))
      sent["content-type"] = method === "PATCH" ? MERGE_PATCH : "application/json";
    const text = body === undefined || typeof body === "string" ? body : stringify(body);
    try {
      const response = await fetch(url, {
        method,
        headers: sent,
        body: text,
        signal,
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
      });
      return new Answer(response.status, response.headers, read(await response.text(), response.headers));
    } catch (error) {
      if (signal?.aborted) throw error;
      return new Answer(0, new Headers(), {
        error: "UNREACHABLE",
        message: "The service did not answer. Look at your connection, and try again",
      });
    }
  }
}

/** `path` with `query` behind it; entries that are undefined are left out, lists repeat their name. */
export function address(path, query = []) {
  const pairs = Array.isArray(query) ? query : Object.entries(query);
  const parameters = new URLSearchParams();
  for (const [name, value] of pairs)
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined) parameters.append(name, each);
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

function read(text, headers) {
  const isJson = /\bjson\b/.test(headers.get("content-type") ?? "");
  if (!isJson) return text;
  try {
    return parse(text);
  } catch {
    return { error: "NO_JSON", message: "The service answered with something that is no JSON" };
  }
}
