/** Credentials tried before they are taken. */

/** Why the service does not accept `credential`; null where it does. */
export async function refusalOf(credential, api, resources) {
  const path = resources.find(({ can }) => can.read)?.path;
  if (path === undefined) return null;
  const headers = { authorization: `Bearer ${credential.secret}` };
  const answer = await api.request("GET", path, { query: { limit: 1, count: "none" }, headers, ask: false });
  // Whatever is refused but the credentials themselves, it is known who asks.
  return answer.status === 401 || answer.status === 0 ? answer.message : null;
}
