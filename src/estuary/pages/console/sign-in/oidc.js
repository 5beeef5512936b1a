/** OpenID Connect: the authorization code flow with PKCE (RFC 7636), state and nonce, as a public client. */

import { claimsOf, nameIn } from "./claims.js";

/** What the issuer says of itself (OpenID Connect Discovery 1.0). Throws an Error that can be shown. */
export async function discover(issuer) {
  const base = issuer.replace(/\/$/, "");
  const metadata = await asked(`${base}/.well-known/openid-configuration`);
  if (metadata.issuer?.replace(/\/$/, "") !== base) throw new Error(`${issuer} says that it is another issuer: ${metadata.issuer}`);
  return metadata;
}

/** One attempt to sign in. What it is known by is in memory alone, and good for one answer. */
export class Exchange {
  state = random();
  #nonce = random();
  #verifier = random();

  /** For the client `client_id` of an issuer, which asks for `scopes`, and for access tokens that `audience` takes. */
  constructor({ client_id: clientId, scopes, audience }, metadata, returnAddress) {
    this.clientId = clientId;
    this.scopes = scopes;
    this.audience = audience;
    this.metadata = metadata;
    this.returnAddress = returnAddress;
  }

  /** Where the person signs in. */
  async address() {
    const challenge = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(this.#verifier));
    const address = new URL(this.metadata.authorization_endpoint);
    const parameters = {
      response_type: "code",
      client_id: this.clientId,
      redirect_uri: this.returnAddress,
      scope: this.scopes.join(" "),
      state: this.state,
      nonce: this.#nonce,
      code_challenge: base64url(new Uint8Array(challenge)),
      code_challenge_method: "S256",
      ...this.#wanted(),
    };
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    return address.href;
  }

  /** The credential for what the issuer sent back. Throws an Error that can be shown. */
  async redeem(parameters) {
    if (parameters.error) throw new Error(`The issuer refused: ${parameters.error_description ?? parameters.error}`);
    if (parameters.state !== this.state || (parameters.iss ?? this.metadata.issuer) !== this.metadata.issuer)
      throw new Error("The answer is to another question than the one that was asked");
    const form = {
      grant_type: "authorization_code",
      code: parameters.code,
      redirect_uri: this.returnAddress,
      client_id: this.clientId,
      code_verifier: this.#verifier,
      ...this.#wanted(),
    };
    const tokens = await asked(this.metadata.token_endpoint, new URLSearchParams(form));
    const claims = this.#verified(tokens.id_token);
    return this.#credential(tokens, nameIn(claims));
  }

  /** The credential that `tokens` are; with a refresh token it can be renewed (RFC 6749, 6), as long as this page is there. */
  #credential({ access_token: secret, refresh_token: refreshToken }, name) {
    return { way: "oidc", secret, name, renew: refreshToken && (() => this.#renewed(refreshToken, name)) };
  }

  async #renewed(refreshToken, name) {
    const form = { grant_type: "refresh_token", refresh_token: refreshToken, client_id: this.clientId, ...this.#wanted() };
    const tokens = await asked(this.metadata.token_endpoint, new URLSearchParams(form));
    return this.#credential({ refresh_token: refreshToken, ...tokens }, name); // an issuer may give another one each time
  }

  /** Whom the access token is for: issuers call that `audience`, or `resource` where it is an address (RFC 8707). */
  #wanted() {
    if (!this.audience) return {};
    return this.audience.startsWith("https://") ? { audience: this.audience, resource: this.audience } : { audience: this.audience };
  }

  /** The claims of an ID token that came from the issuer itself, over TLS (OpenID Connect Core 1.0, 3.1.3.7). */
  #verified(token) {
    const claims = claimsOf(token ?? "");
    const audiences = [claims?.aud].flat();
    const isOurs = claims?.iss === this.metadata.issuer && audiences.includes(this.clientId) && claims.nonce === this.#nonce;
    if (!isOurs || claims.exp * 1000 < Date.now()) throw new Error("The issuer's ID token is not for this sign-in");
    return claims;
  }
}

async function asked(address, form) {
  const host = new URL(address).host;
  let response;
  try {
    response = await fetch(address, { method: form ? "POST" : "GET", body: form, credentials: "omit", redirect: "error" });
  } catch {
    throw new Error(`${host} did not answer, or does not allow this page to ask it (CORS)`);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(`${host} refused: ${body.error_description ?? body.error ?? response.status}`);
  return body;
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
