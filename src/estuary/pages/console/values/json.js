/**
 * JSON without loss: a number that JavaScript would write otherwise (12345678901234567890, 1.0, 1e400) stays as its text.
 */

const DEEPEST = 200;
const TOKEN = /[ \t\n\r]*(?:([{}[\],:])|"((?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*)"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(true|false|null))/y;
const BLANK = /[ \t\n\r]*/y;
const WORDS = { true: true, false: false, null: null };

/** A number as its text. */
export class Numeral {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

/** What is wrong with a JSON text, and in which line and column, counted from 1. */
export class MalformedJson extends Error {
  constructor(what, text, at) {
    const before = text.slice(0, at).split("\n");
    super(`${what} in line ${before.length}, column ${before.at(-1).length + 1}`);
  }
}

/** The value of a JSON number: a number where that is written as `text` again, and else a Numeral. */
export function number(text) {
  const value = Number(text);
  return String(value) === text ? value : new Numeral(text);
}

/** Whether `value` is a JSON number. */
export function isNumber(value) {
  return typeof value === "number" || value instanceof Numeral;
}

/** The value of a JSON text (RFC 8259); of a member named twice the last one counts. Throws MalformedJson. */
export function parse(text) {
  let at = 0;

  function next() {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) {
      BLANK.lastIndex = at;
      BLANK.exec(text);
      const begin = BLANK.lastIndex;
      throw new MalformedJson(begin < text.length ? "Unexpected character" : "Unexpected end", text, begin);
    }
    at = TOKEN.lastIndex;
    return found;
  }

  function fail([whole], what) {
    throw new MalformedJson(what, text, at - whole.trimStart().length);
  }

  function valueOf(token, depth) {
    const [whole, sign, , numeral, word] = token;
    if (word !== undefined) return WORDS[word];
    if (numeral !== undefined) return number(numeral);
    if (sign === undefined) return JSON.parse(whole);
    if (depth >= DEEPEST) fail(token, "Nested too deeply");
    if (sign === "{") return object(depth + 1);
    if (sign === "[") return array(depth + 1);
    return fail(token, `Unexpected ${sign}`);
  }

  function array(depth) {
    const values = [];
    let token = next();
    if (token[1] === "]") return values;
    for (;;) {
      values.push(valueOf(token, depth));
      token = next();
      if (token[1] === "]") return values;
      if (token[1] !== ",") fail(token, "Expected , or ]");
      token = next();
    }
  }

  function object(depth) {
    const members = new Map();
    let token = next();
    if (token[1] === "}") return {};
    for (;;) {
      const [whole, sign, , numeral, word] = token;
      if (sign !== undefined || numeral !== undefined || word !== undefined) fail(token, "Expected a name in quotes");
      token = next();
      if (token[1] !== ":") fail(token, "Expected :");
      members.set(JSON.parse(whole), valueOf(next(), depth));
      token = next();
      if (token[1] === "}") return Object.fromEntries(members);
      if (token[1] !== ",") fail(token, "Expected , or }");
      token = next();
    }
  }

  const value = valueOf(next(), 0);
  BLANK.lastIndex = at;
  BLANK.exec(text);
  if (BLANK.lastIndex < text.length) throw new MalformedJson("Unexpected character", text, BLANK.lastIndex);
  return value;
}

/** A value as JSON; with `indent` spaces a level on lines of its own. Members that are undefined are left out. */
export function stringify(value, indent = 0) {
  return written(value, indent, "");
}

/** Whether two values are written alike; the order of members does not matter. */
export function equal(one, other) {
  return written(sorted(one), 0, "") === written(sorted(other), 0, "");
}

/** Whether `value` is a JSON object. */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Numeral);
}

function written(value, indent, margin) {
  if (value instanceof Numeral) return value.text;
  if (Array.isArray(value)) {
    return enclosed("[", value.map((each) => written(each, indent, margin + " ".repeat(indent))), "]", indent, margin);
  }
  if (isObject(value)) {
    const colon = indent ? ": " : ":";
    const members = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([name, each]) => JSON.stringify(name) + colon + written(each, indent, margin + " ".repeat(indent)));
    return enclosed("{", members, "}", indent, margin);
  }
  return JSON.stringify(value);
}

function enclosed(open, parts, close, indent, margin) {
  if (!indent || parts.length === 0) return open + parts.join(",") + close;
  const inner = `\n${margin}${" ".repeat(indent)}`;
  return `${open}${inner}${parts.join(`,${inner}`)}\n${margin}${close}`;
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}
