/** How many records there are, in words: "1,234", "more than 10,000", or why it is not known. */

const WITHOUT_COUNT = { 0: "not reached", 401: "sign in to see", 403: "not allowed", 422: "not counted", 429: "not counted" };

/** The number of records of `resource` for which the pairs `conditions` hold: exact without any, for it is kept. */
export async function counted(resource, conditions, { api, rights, session }, signal) {
  if (!resource.can.read) return "not readable";
  if (session.credential === null && !resource.open.read) return WITHOUT_COUNT[401];
  const query = [...conditions, ["limit", 1], ["fields", "id"], ["count", conditions.length > 0 ? "limited" : "exact"]];
  const answer = rights.learn(resource, "read", await api.request("GET", resource.path, { query, signal }));
  if (!answer.ok) return WITHOUT_COUNT[answer.status] ?? "unknown";
  const { total, total_exceeded: exceeded } = answer.body;
  return `${exceeded ? "more than " : ""}${grouped(total)}`;
}

/** A whole number with its thousands apart. */
export function grouped(number) {
  return Number(number).toLocaleString("en");
}
