/** The lines of a text that arrives in chunks. */

/** `{at, text}` of each line that is not blank; `at` counts from 1. Lines end with LF or CRLF. */
export async function* lines(chunks) {
  let kept = "";
  let at = 0;
  for await (const chunk of chunks) {
    const parts = (kept + chunk).split("\n");
    kept = parts.pop();
    for (const text of parts) {
      at += 1;
      if (text.trim() !== "") yield { at, text: text.replace(/\r$/, "") };
    }
  }
  if (kept.trim() !== "") yield { at: at + 1, text: kept };
}

/** The texts of a file, from its begin, without a byte order mark; throws an Error that can be shown where they are no UTF-8. */
export async function* chunksOf(file, { onRead = () => {} } = {}) {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = file.stream().getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      onRead(value.byteLength);
      yield decoded(decoder, value, { stream: true });
    }
    yield decoded(decoder);
  } finally {
    await reader.cancel();
  }
}

function decoded(decoder, ...part) {
  try {
    return decoder.decode(...part);
  } catch {
    throw new Error("The file is not in UTF-8: save it so, and choose it again.");
  }
}
