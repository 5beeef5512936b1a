/** The entries of a JSON array that arrives in chunks. */

const BLANK = /[ \t\n\r]/;

/** Whether a text whose begin is `head` is a JSON array. */
export function isArray(head) {
  return head.trimStart().startsWith("[");
}

/**
 * `{at, text}` of each entry; `at` counts from 1, and white space is at most one space, so that an entry fits a line.
 * Throws an Error that can be shown where the array has no end, or is not all that there is.
 */
export async function* entries(chunks) {
  const reader = new EntryReader();
  for await (const chunk of chunks) yield* reader.read(chunk);
  reader.end();
}

class EntryReader {
  #at = 0;
  #depth = 0;
  #text = "";
  #isQuoted = false;
  #isEscaped = false;
  #isOver = false;

  *read(chunk) {
    for (const character of chunk) {
      if (this.#isQuoted) this.#quoted(character);
      else if (BLANK.test(character)) this.#blank();
      else if (this.#ends(character)) yield this.#entry();
    }
  }

  end() {
    if (!this.#isOver) throw new Error(`Entry ${this.#at + 1}: the array ends within it, without a ]`);
  }

  #quoted(character) {
    this.#text += character;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (character === "\\") this.#isEscaped = true;
    else if (character === '"') this.#isQuoted = false;
  }

  #blank() {
    if (this.#text !== "" && !this.#text.endsWith(" ")) this.#text += " ";
  }

  /** Take a character that stands in no quotes; true at the end of an entry. */
  #ends(character) {
    if (this.#isOver) throw new Error(`There is more behind the array, whose last entry is ${this.#at}`);
    if (character === '"') this.#isQuoted = true;
    if (character === "[" || character === "{") this.#depth += 1;
    if (character === "]" || character === "}") this.#depth -= 1;
    if (this.#depth === 0) return this.#closes(character);
    if (this.#depth === 1 && character === ",") return true;
    // The bracket that opens the array is no part of an entry.
    if (this.#depth > 1 || character !== "[") this.#text += character;
    return false;
  }

  /** Take the bracket that closes the array; true where an entry stands before it, if only behind a comma. */
  #closes(character) {
    if (character !== "]") throw new Error(`Entry ${this.#at + 1}: Unexpected ${character}`);
    this.#isOver = true;
    return this.#at > 0 || this.#text !== "";
  }

  #entry() {
    this.#at += 1;
    const text = this.#text.trimEnd();
    this.#text = "";
    return { at: this.#at, text };
  }
}
