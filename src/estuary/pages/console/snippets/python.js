/** A request as Python with `estuary.client`; one that this has no call for, with httpx2, on which it stands. */

import { address } from "../api.js";
import { isObject, Numeral, stringify } from "../values/json.js";

const PATH = /\/([^/]+?)(?:\/([0-9a-f]{8}-[0-9a-f-]{27}))?$/;
const WORDS = { true: "True", false: "False", null: "None" };
const KEYWORDS = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);
const LISTED = new Set(["sort", "limit", "cursor"]);
const INDENT = "    ";

/** The program; `headers` and `query` are pairs. Where the API `isOpen` it says nothing of who asks. */
export function python(request, headers, { origin, isOpen }) {
  const call = callOf(request);
  return call === null ? withoutClient(request, headers, origin, isOpen) : withClient(call, origin, isOpen);
}

/** A value as Python writes it; a text is what JSON writes. */
export function literal(value, margin = "") {
  if (value === null || typeof value === "boolean") return WORDS[value];
  if (value instanceof Numeral) return value.text;
  const inner = margin + INDENT;
  const block = (open, parts, close) =>
    parts.length === 0
      ? open + close
      : `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${margin}${close}`;
  if (Array.isArray(value))
    return block(
      "[",
      value.map((each) => literal(each, inner)),
      "]",
    );
  if (isObject(value)) {
    return block(
      "{",
      Object.entries(value).map(([name, each]) => `${literal(name)}: ${literal(each, inner)}`),
      "}",
    );
  }
  return JSON.stringify(value);
}

/** The call of the client that sends such a request: `{resource, lines}`; null where there is none. */
function callOf({ method, path, query, headers, body }) {
  const [, resource, id] = PATH.exec(path);
  const name = KEYWORDS.has(resource) || !/^[a-z_]\w*$/i.test(resource) ? "records" : resource;
  const version = /^"([0-9]+)"$/.exec(headers["if-match"] ?? "")?.[1];
  const expected = version === undefined ? "" : `, version=${version}`;
  const shown = "print(record.version, record.value)";
  switch (method) {
    case "GET":
      if (id !== undefined) return { resource, name, lines: [`record = ${name}.get("${id}")`, shown] };
      return {
        resource,
        name,
        lines: [`for record in ${listOf(name, query)}:`, `${INDENT}print(record.id, record.value)`],
      };
    case "POST":
      return { resource, name, lines: [`record = ${name}.create(${literal(body, INDENT)})`, shown] };
    case "PATCH":
      return { resource, name, lines: [`record = ${name}.patch("${id}", ${literal(body, INDENT)}${expected})`, shown] };
    case "DELETE":
      return { resource, name, lines: [`${name}.delete("${id}"${expected})`] };
    default:
      return null;
  }
}

function listOf(name, query) {
  const values = new Map();
  for (const [parameter, value] of query) {
    if (!LISTED.has(parameter)) values.set(parameter, [...(values.get(parameter) ?? []), value]);
  }
  const conditions = [...values].map(([parameter, all]) => condition(parameter, all));
  const isPlain = conditions.every(([argument]) => !KEYWORDS.has(argument));
  const given = isPlain
    ? conditions.map(([argument, value]) => `${argument}=${value}`).join(", ")
    : `**{${conditions.map(([argument, value]) => `"${argument}": ${value}`).join(", ")}}`;
  const sort = query.find(([parameter]) => parameter === "sort")?.[1].split(",") ?? [];
  const order = sort.length === 0 ? "" : `.sort(${sort.map((key) => `"${key}"`).join(", ")})`;
  return `${conditions.length === 0 ? `${name}.all()` : `${name}.where(${given})`}${order}`;
}

/** `stock.gte` as `stock__gte`, with its value; null is compared with as None. */
function condition(parameter, values) {
  const [field, operator = "eq"] = parameter.split(".");
  if (operator === "null") return [values[0] ? field : `${field}__ne`, "None"];
  const value = operator === "in" ? `[${values.map((each) => literal(each)).join(", ")}]` : literal(values[0]);
  return [operator === "eq" ? field : `${field}__${operator}`, value];
}

function withClient({ resource, name, lines }, origin, isOpen) {
  return [
    '# pip install "estuary-service[client]"',
    ...(isOpen ? [] : ["import os", ""]),
    "from estuary.client import Client",
    "",
    `with Client(${literal(origin)}${isOpen ? "" : ', token=os.environ["TOKEN"]'}) as client:`,
    `${INDENT}${name} = client.resource("${resource}")`,
    ...lines.map((line) => INDENT + line),
  ].join("\n");
}

function withoutClient({ method, path, query, body }, headers, origin, isOpen) {
  const given = [
    ...(isOpen ? [] : ['"Authorization": f"Bearer {os.environ[\'TOKEN\']}"']),
    ...headers.map(([name, value]) => `${literal(name)}: ${literal(value)}`),
  ];
  return [
    "# pip install httpx2",
    ...(isOpen ? [] : ["import os", ""]),
    "import httpx2",
    "",
    "response = httpx2.request(",
    `${INDENT}${literal(method)},`,
    `${INDENT}${literal(origin + address(path, query))},`,
    ...(given.length > 0
      ? [`${INDENT}headers={`, ...given.map((each) => `${INDENT}${INDENT}${each},`), `${INDENT}},`]
      : []),
    ...(body === undefined ? [] : [`${INDENT}content=${literal(stringify(body))}.encode(),`]),
    ")",
    "response.raise_for_status()",
    "print(response.json())",
  ].join("\n");
}
