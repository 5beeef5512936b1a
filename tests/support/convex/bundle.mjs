// The functions and what runs them, compiled together: one copy of Convex's library serves both.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";

import { speedUp } from "./indexes.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** Imported: convex-test, the modules of `folder` as it wants them, and their schema. */
export async function bundle(folder, names) {
  const module = (name) => `"./convex/${name.replace(".ts", ".js")}": () => import("./${name}")`;
  const contents = `
    import schema from "./schema";
    export { convexTest, DatabaseFake } from "convex-test";
    export { makeFunctionReference } from "convex/server";
    export { schema };
    export const modules = { "./convex/_generated/api.js": async () => ({}), ${names.map(module).join()} };`;
  // Inside this folder, so that it is left in no other one whatever happens.
  const output = await mkdtemp(join(here, "node_modules", ".bundle-"));
  try {
    await build({
      stdin: { contents, resolveDir: folder, loader: "ts" },
      outfile: join(output, "bundle.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
      nodePaths: [join(here, "node_modules")],
      plugins: [openDatabase],
      logLevel: "error",
    });
    const bundled = await import(pathToFileURL(join(output, "bundle.mjs")));
    speedUp(bundled.DatabaseFake);
    return bundled;
  } finally {
    await rm(output, { recursive: true });
  }
}

/** Lets convex-test's database be had, so that it can be given indexes. */
const openDatabase = {
  name: "open-database",
  setup(build) {
    build.onLoad({ filter: /convex-test[/\\]dist[/\\]index\.js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, "utf8")}\nexport { DatabaseFake };`,
    }));
  },
};
