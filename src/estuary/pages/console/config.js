/** The console's configuration: `config.json`, which the service puts beside the page. */

const WAYS = ["oidc", "token", "key"];

/** The configuration of the service whose console is at `address`.
 *
 * `version` is the service's, `signIn` the ways to sign in, such as `{way: "token"}`, `owners` whether each record
 * belongs to somebody, and `paths` says where health, metrics and others are, from the root of the console's host. `base` comes before every path that the
 * OpenAPI document or a `Location` names: it is not empty behind a proxy that serves the service below a path.
 */
export async function loadConfig(address) {
  const response = await fetch("config.json", { credentials: "omit" });
  if (!response.ok) throw new Error(`config.json: the service answered ${response.status}`);
  const { version, sign_in: signIn, owners, paths } = await response.json();
  const rooted = (path) => path && new URL(path, address).pathname;
  return {
    version,
    signIn: WAYS.filter((way) => signIn[way]).map((way) => ({ way, ...signIn[way] })),
    owners,
    batch: "/api/v1/batch",
    base: new URL("..", address).pathname.replace(/\/$/, ""),
    paths: {
      api: rooted(paths.api),
      openapi: rooted(paths.openapi),
      health: rooted(paths.health),
      metrics: paths.metrics && { ...paths.metrics, url: rooted(paths.metrics.url) },
      docs: rooted(paths.docs),
      keys: rooted(paths.keys),
    },
  };
}
