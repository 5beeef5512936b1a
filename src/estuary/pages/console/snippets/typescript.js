/** A request as TypeScript with openapi-fetch, whose types openapi-typescript makes of the service's document. */

import { isObject, Numeral, stringify } from "../values/json.js";

const UUID = /\/([0-9a-f]{8}-[0-9a-f-]{27})$/;

/** The program; `headers` are pairs. Where the API `isOpen` it says nothing of who asks. */
export function typescript({ method, path, query, headers: conditions, body }, headers, { origin, isOpen }) {
  const { template, parameters } = templateOf(path);
  const preconditions = headers.filter(([name]) => name.toLowerCase() in conditions);
  const type = headers.find(([name]) => name === "Content-Type")?.[1];
  const params = [
    parameters.length > 0 && `path: ${object(Object.fromEntries(parameters), "    ")}`,
    query.length > 0 && `query: ${object(grouped(query), "    ")}`,
    preconditions.length > 0 && `header: ${object(Object.fromEntries(preconditions), "    ")}`,
  ].filter(Boolean);
  const options = [
    ...(params.length > 0 ? ["  params: {", ...params.map((each) => `    ${each},`), "  },"] : []),
    ...(method === "PATCH" ? [`  headers: { "Content-Type": ${JSON.stringify(type)} },`] : []),
    ...(body === undefined ? [] : [`  body: ${object(body, "  ")},`]),
  ];
  const bearer = isOpen ? "" : ", headers: { Authorization: `Bearer ${process.env.TOKEN}` }";
  const call = `client.${method}(${JSON.stringify(template)}${options.length > 0 ? `, {\n${options.join("\n")}\n}` : ""})`;
  return [
    "// npm install openapi-fetch openapi-typescript typescript",
    `// npx openapi-typescript ${origin}/openapi.json --output estuary.d.ts`,
    'import createClient from "openapi-fetch";',
    'import type { paths } from "./estuary";',
    "",
    `const client = createClient<paths>({ baseUrl: ${JSON.stringify(origin)}${bearer} });`,
    method === "DELETE" ? `const { error } = await ${call};` : `const { data, error } = await ${call};`,
    "if (error) throw new Error(JSON.stringify(error));",
    ...(method === "DELETE" ? [] : ["console.log(data);"]),
  ].join("\n");
}

/** A path as the document has it, with the id as a parameter. */
function templateOf(path) {
  const found = UUID.exec(path);
  if (found === null) return { template: path, parameters: [] };
  return { template: path.replace(UUID, "/{id}"), parameters: [["id", found[1]]] };
}

/** Pairs as an object: the values of `in` are a list. */
function grouped(pairs) {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) ?? []), value]);
  return Object.fromEntries([...values].map(([name, all]) => [name, name.endsWith(".in") ? all : all[0]]));
}

/** An object literal: JSON, whose numbers are exact only where JavaScript's are. */
function object(value, margin) {
  return stringify(exact(value), 2).replaceAll("\n", `\n${margin}`);
}

function exact(value) {
  if (value instanceof Numeral) return Number(value.text);
  if (Array.isArray(value)) return value.map(exact);
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exact(each)])) : value;
}
