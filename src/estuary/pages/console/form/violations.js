/** An answer of the API as a form shows it: messages beside fields, and one above them. */

const CODES = { unique: "taken", referenced: "referenced" };

/**
 * What an error's answer says: `{message, byField, reason}`. `byField` maps the path of a field to its messages; what is said
 * of no field in `paths` is part of the message. `reason` is "taken", "referenced", "changed" (another version is there),
 * "gone", "forbidden", "busy" (worth sending again), or null; `words` may have what to say for one instead of what the
 * service says.
 */
export function problemOf({ status, headers, body, message }, paths, words = {}) {
  const known = new Set(paths);
  const byField = new Map();
  const others = [];
  for (const { field, message: what } of body?.details?.validation_errors ?? []) {
    const at = nearest(field, known);
    if (at === null) others.push(field === "id" ? what : `${field}: ${what}`);
    else byField.set(at, [...(byField.get(at) ?? []), sentence(what)]);
  }
  const reason = reasonOf(status, headers, body);
  const general = byField.size > 0 ? "Some fields need another value." : (words[reason] ?? sentence(message));
  return { message: [general, ...others.map(sentence)].join(" "), byField, reason };
}

/** Violations that were found before anything was sent, as those of an answer. */
export function found(faults, paths) {
  const details = { validation_errors: faults };
  return problemOf({ status: 422, headers: new Headers(), body: { details }, message: "" }, paths);
}

/** The paths of fields, with those of nested ones. */
export function pathsOf(fields, prefix = "") {
  return fields.flatMap((field) => [
    prefix + field.name,
    ...(field.kind === "nested" ? pathsOf(field.fields, `${prefix}${field.name}.`) : []),
  ]);
}

/** The known path that `path` is, or lies within: an entry of a list is shown at its list. */
function nearest(path, known) {
  if (known.has(path)) return path;
  const cut = Math.max(path.lastIndexOf("."), path.lastIndexOf("["));
  return cut <= 0 ? null : nearest(path.slice(0, cut), known);
}

function sentence(text) {
  return text === "" ? text : text[0].toUpperCase() + text.slice(1);
}

function reasonOf(status, headers, body) {
  const codes = (body?.details?.validation_errors ?? []).map(({ code }) => CODES[code]);
  if (status === 409) return !headers.has("retry-after") ? (codes.find(Boolean) ?? null) : "busy";
  if (status === 429 || status === 502 || status === 503 || status === 504) return "busy";
  return { 403: "forbidden", 404: "gone", 412: "changed" }[status] ?? null;
}
