/** What a token says of its bearer: to be shown, and never relied upon. */

/** The claims of a JSON Web Token, unverified; undefined where it is none. */
export function claimsOf(token) {
  try {
    const payload = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (each) => each.charCodeAt(0))));
  } catch {
    return undefined;
  }
}

/** What its bearer is called; undefined where it does not say. */
export function nameIn(claims) {
  return claims?.email ?? claims?.preferred_username ?? claims?.sub;
}
