// An issuer of OpenID Connect for tests: signs in anyone who gives a name, and gives tokens for one audience.
//
//   node issuer.mjs PORT CLIENT_ID REDIRECT_URI AUDIENCE SCOPES
//
// It ends with its standard input, and prints a line once it answers. The name "nobody" is refused.
import { generateKeyPairSync } from "node:crypto";

import Provider from "oidc-provider";

const [port, clientId, redirectUri, audience, scope] = process.argv.slice(2);
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
const form = `<!doctype html>
<html lang="en">
  <title>Issuer</title>
  <link rel="icon" href="data:,">
  <form method="post"><label>Name <input name="name"></label><button>Sign in</button></form>
</html>`;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code", "refresh_token"],
      token_endpoint_auth_method: "none",
    },
  ],
  clientBasedCORS: () => true,
  cookies: { keys: ["of a test"] },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope, audience, accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } }),
    },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...key, use: "sig", alg: "RS256", kid: "test" }] },
  pkce: { required: () => true },
});

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

/** Signs in by the name of the form, and grants all that was asked for. */
async function interaction(context) {
  if (context.method === "GET") {
    context.type = "html";
    context.body = form;
    return;
  }
  const { params } = await provider.interactionDetails(context.req, context.res);
  const name = (await body(context.req)).get("name");
  if (name === "nobody") {
    const refusal = { error: "access_denied", error_description: "Nobody may not sign in" };
    return provider.interactionFinished(context.req, context.res, refusal);
  }
  const grant = new provider.Grant({ accountId: name, clientId: params.client_id });
  grant.addOIDCScope("openid");
  grant.addResourceScope(audience, scope);
  const result = { login: { accountId: name }, consent: { grantId: await grant.save() } };
  return provider.interactionFinished(context.req, context.res, result);
}

provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  await interaction(context);
  if (context.method === "POST") context.respond = false;
});

provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
process.stdin.on("end", () => process.exit()).resume();
