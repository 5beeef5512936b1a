/**
 * CSV (RFC 4180): records as lines of cells, and back.
 *
 * A cell that is empty is null, one that is an empty pair of quotes an empty text. A text that a spreadsheet would take for
 * a formula begins with an apostrophe, which reading takes away again.
 */

const RISKY = /^[=+\-@\t\r']/;
const NEEDS_QUOTES = /[",\r\n]|^[ \t]|[ \t]$|^$/;

/** A line of CSV without its end: `cells` are texts, or null. */
export function line(cells) {
  return cells.map(cell).join(",");
}

/** `text` as a spreadsheet may open it: with one apostrophe in front of what could be a formula. */
export function defused(text) {
  return RISKY.test(text) ? `'${text}` : text;
}

/** The text that `defused` was given. */
export function restored(text) {
  return text.startsWith("'") ? text.slice(1) : text;
}

function cell(text) {
  if (text === null) return "";
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Lines of cells of a text that arrives in chunks: `{at, cells}`, where `at` is the line's number, counted from 1, and an
 * unquoted empty cell is null. An empty line is none. Throws where quotes are not as they must be.
 */
export async function* rows(chunks) {
  const reader = new RowReader();
  for await (const chunk of chunks) yield* reader.read(chunk);
  yield* reader.end();
}

class RowReader {
  #at = 1;
  #begun = 1;
  #cells = [];
  #text = "";
  #state = "start"; // of a cell: start, plain, quoted, or closed, which is behind a quote within quotes
  #behindReturn = false;

  *read(chunk) {
    for (const character of chunk) {
      const isFeed = this.#behindReturn && character === "\n";
      this.#behindReturn = false;
      if (!isFeed || this.#state === "quoted") {
        if (this.#take(character)) yield* this.#row();
      }
      if (character === "\n") this.#at += 1;
      if (this.#cells.length === 0 && this.#state === "start") this.#begun = this.#at;
    }
  }

  *end() {
    if (this.#state === "quoted") throw new Error(`Line ${this.#begun}: a quoted cell has no end`);
    if (this.#state !== "start" || this.#cells.length > 0) {
      this.#close();
      yield* this.#row();
    }
  }

  /** Take a character; true at the end of a line. */
  #take(character) {
    if (this.#state === "quoted") {
      if (character === '"') this.#state = "closed";
      else this.#text += character;
      return false;
    }
    if (character === '"') {
      if (this.#state === "plain") throw new Error(`Line ${this.#at}: a quote within a cell without quotes`);
      if (this.#state === "closed") this.#text += '"';
      this.#state = "quoted";
      return false;
    }
    if (character === ",") {
      this.#close();
      return false;
    }
    if (character === "\n" || character === "\r") {
      this.#behindReturn = character === "\r";
      this.#close();
      return true;
    }
    if (this.#state === "closed") throw new Error(`Line ${this.#at}: a character behind a quoted cell`);
    this.#state = "plain";
    this.#text += character;
    return false;
  }

  #close() {
    this.#cells.push(this.#state === "start" ? null : this.#text);
    this.#text = "";
    this.#state = "start";
  }

  *#row() {
    const cells = this.#cells;
    this.#cells = [];
    if (cells.length > 1 || cells[0] !== null) yield { at: this.#begun, cells };
  }
}
