import assert from "node:assert/strict";
import { test } from "node:test";
import { defused, line, restored, rows } from "../../../../src/estuary/pages/console/transfer/csv.js";

async function read(...chunks) {
  const found = [];
  for await (const row of rows(chunks)) found.push([row.at, ...row.cells]);
  return found;
}

test("a text that a spreadsheet would take for a formula gets one apostrophe, which reading takes away", () => {
  for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'quoted'", "''"]) {
    assert.equal(defused(text), `'${text}`);
    assert.equal(restored(defused(text)), text);
  }
  for (const text of ["", "a=1", "1-1", " =1", "ordinary"]) {
    assert.equal(defused(text), text);
    assert.equal(restored(text), text);
  }
});

test("a line is quoted as RFC 4180 says; null is an empty cell, an empty text a pair of quotes", () => {
  assert.equal(line([null, "", "a", 'b"c', "d,e", "f\ng", " h"]), ',"",a,"b""c","d,e","f\ng"," h"');
});

test("what is written is read again, wherever its text is cut", async () => {
  const cells = ["a", "", null, 'say "x"', "two\r\nlines", ",", "ü😀"];
  const text = `${line(cells)}\r\n${line(["last", null])}`;
  const characters = [...text];
  for (let cut = 0; cut <= characters.length; cut += 1) {
    const chunks = [characters.slice(0, cut).join(""), characters.slice(cut).join("")];
    assert.deepEqual(await read(...chunks), [
      [1, ...cells],
      [3, "last", null],
    ]);
  }
});

test("lines end with LF, CRLF or CR; empty ones are none; the number is that of the line it begins at", async () => {
  assert.deepEqual(await read("a,b\n\nc,d\r\n"), [
    [1, "a", "b"],
    [3, "c", "d"],
  ]);
  assert.deepEqual(await read('"a\nb"\nc'), [
    [1, "a\nb"],
    [3, "c"],
  ]);
  assert.deepEqual(await read("a\rb"), [
    [1, "a"],
    [1, "b"],
  ]);
  assert.deepEqual(await read(""), []);
});

test("quotes that are not as they must be are reported with their line", async () => {
  await assert.rejects(read('a\nb"c'), /Line 2: a quote within/);
  await assert.rejects(read('"a"b'), /Line 1: a character behind/);
  await assert.rejects(read('x\n"a\nb'), /Line 2: a quoted cell has no end/);
});
