/** Writes that may be sent again: one key a write, and patience where the service asks for it (docs/writes.md). */

import { stringify } from "./values/json.js";

const UNSETTLED = new Set([0, 502, 503, 504]);
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const WATCHED_PAUSE = 5_000;
const WATCHED_ATTEMPTS = 3;

/** A random key for `Idempotency-Key` (128 bits); crypto.randomUUID is there on secure origins only. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A random UUID (version 4). */
export function newId() {
  const digits = newKey();
  const variant = "89ab"[parseInt(digits[16], 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    variant + digits.slice(17, 20),
    digits.slice(20),
  ].join("-");
}

/** Whether the same request is worth sending again: it was not settled, or it came too early. */
export function isWorthRepeating({ status, headers }) {
  return UNSETTLED.has(status) || status === 429 || (status === 409 && headers.has("retry-after"));
}

/** A form's writes: the same request keeps its key, so that it is made once however often it is sent. */
export class Submission {
  #sent = null;
  #key = null;

  /** `request` with the key that belongs to it: `{method, path, body, headers}`. */
  keyed(request) {
    const text = stringify(request);
    if (text !== this.#sent) [this.#sent, this.#key] = [text, newKey()];
    return { ...request, headers: { ...request.headers, "idempotency-key": `"${this.#key}"` } };
  }

  /** To be called when the request is carried out: the next one is another, even if it reads the same. */
  settle() {
    this.#sent = null;
  }
}

/**
 * The answer to `send()`, which is called again while that is worth it: as often as it takes where the service says that
 * there are too many requests, `attempts` times else. The pause is what `Retry-After` says, or one that grows and has some
 * chance in it; `onPause` is called with its milliseconds. `signal` ends it with the exception that it holds.
 */
export async function patiently(send, { attempts = 5, signal, onPause = () => {} } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send();
    if (!isWorthRepeating(answer)) return answer;
    if (answer.status === 429) attempt -= 1;
    if (attempt >= attempts) return answer;
    const milliseconds = pause(attempt, answer.headers);
    onPause(milliseconds);
    await delay(milliseconds, signal);
  }
}

/**
 * The answer to `send()`, for somebody who looks on: called again a few times while that is worth it, and not where the
 * service asks for a longer pause than one waits for without a message.
 */
export async function briefly(send) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send();
    if (!isWorthRepeating(answer) || attempt >= WATCHED_ATTEMPTS) return answer;
    const milliseconds = pause(attempt, answer.headers);
    if (milliseconds > WATCHED_PAUSE) return answer;
    await delay(milliseconds);
  }
}

function pause(attempt, headers) {
  const grown = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
  const chance = grown * (0.5 + Math.random() / 2);
  const asked = headers.has("retry-after") ? Number(headers.get("retry-after")) * 1000 : NaN;
  return Number.isFinite(asked) ? asked + chance / 4 : chance;
}

/** Resolves after so many milliseconds; `signal` ends it with the exception that it holds. */
export function delay(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const end = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", end, { once: true });
  });
}
