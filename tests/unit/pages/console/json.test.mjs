import assert from "node:assert/strict";
import { test } from "node:test";
import {
  equal,
  MalformedJson,
  number,
  Numeral,
  parse,
  stringify,
} from "../../../../src/estuary/pages/console/values/json.js";

test("what is read is written again as it was: numbers beyond doubles, fractions of zero, exponents", () => {
  const texts = [
    "12345678901234567890",
    "-0",
    "1.0",
    "1e400",
    "0.1",
    "-9007199254740993",
    '"\\u0000 \\" \\ud83d\\ude00"',
    '{"a":[1.50,{"b":null}],"__proto__":true}',
    "[]",
    "{}",
  ];
  for (const text of texts) {
    assert.equal(stringify(parse(text)).replaceAll("😀", "\\ud83d\\ude00"), text);
  }
});

test("a number is a number where JavaScript writes it alike, and else its text", () => {
  assert.equal(number("42"), 42);
  assert.deepEqual(number("42.0"), new Numeral("42.0"));
  assert.deepEqual(parse("[9007199254740991,9007199254740993]"), [9007199254740991, new Numeral("9007199254740993")]);
});

test("what is no JSON is reported with its line and column", () => {
  const messages = {
    "": "Unexpected end in line 1, column 1",
    '{\n  "a": 1,\n}': "Expected a name in quotes in line 3, column 1",
    "[1 2]": "Expected , or ] in line 1, column 4",
    "[1,]": "Unexpected ] in line 1, column 4",
    "01": "Unexpected character in line 1, column 2",
    "'a'": "Unexpected character in line 1, column 1",
    '"\n"': "Unexpected character in line 1, column 1",
    NaN: "Unexpected character in line 1, column 1",
    "1 1": "Unexpected character in line 1, column 3",
    '{"a":1': "Unexpected end in line 1, column 7",
  };
  for (const [text, message] of Object.entries(messages)) {
    assert.throws(
      () => parse(text),
      (error) => error instanceof MalformedJson && error.message === message,
      text,
    );
  }
});

test("what is nested without end is refused, and a long text is read", () => {
  assert.throws(() => parse("[".repeat(100_000)), MalformedJson);
  assert.equal(parse(JSON.stringify("x".repeat(1_000_000))).length, 1_000_000);
});

test("objects are equal whatever the order of their members, numbers only if written alike", () => {
  assert.ok(equal(parse('{"a":1,"b":[{"c":2,"d":3}]}'), parse('{"b":[{"d":3,"c":2}],"a":1}')));
  assert.ok(!equal(parse("1"), parse("1.0")));
});

test("with an indent each member has its own line", () => {
  assert.equal(stringify({ a: [1, {}], b: undefined }, 2), '{\n  "a": [\n    1,\n    {}\n  ]\n}');
});
