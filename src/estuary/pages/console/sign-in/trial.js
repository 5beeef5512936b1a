/** Credentials tried before they are taken. */

/** Why the service does not accept `credential`; null where it does. */
export async function refusalOf(credential, api, resources) {
  const path = resources.find(({ can }) => can.read)?.path;
  if (path === undefined) return null;
  const headers = { authorization: `Bearer ${credential.secret}` };
  const answer = await api.request("GET", path, { query: { limit: 1, count: "none" }, headers, ask: false });
  // Who may not do this is known nevertheless.
  return answer.ok || answer.status === 403 ? null : answer.message;
}
