// The same functions for an Estuary without a deploy key. Any client with the deployment's URL can call
// them, so they are closed until the deployment's variable ESTUARY_PUBLIC says "true".
import { mutationGeneric, queryGeneric } from "convex/server";

import * as complete from "./complete";
import * as definitions from "./definitions";
import * as keys from "./keys";
import * as load from "./load";
import { refusal } from "./model";

// Convex brings this much of Node's `process` into its own runtime.
declare const process: { env: { [name: string]: string | undefined } };

type Definition<Args extends unknown[], Answer> = {
  args: object;
  handler: (...args: Args) => Promise<Answer>;
};

/** `definition`, refused unless the deployment is open. */
function open<Args extends unknown[], Answer, D extends Definition<Args, Answer>>(
  definition: D & Definition<Args, Answer>,
): D {
  const handler = (...args: Args) => {
    if (process.env.ESTUARY_PUBLIC !== "true") throw refusal("NotPublic");
    return definition.handler(...args);
  };
  return { ...definition, handler };
}

export const describe = queryGeneric(open(definitions.describe));
export const get = queryGeneric(open(definitions.get));
export const find = queryGeneric(open(definitions.find));
export const page = queryGeneric(open(definitions.page));
export const slice = queryGeneric(open(definitions.slice));
export const select = queryGeneric(open(definitions.select));
export const count = queryGeneric(open(definitions.count));
export const insert = mutationGeneric(open(definitions.insert));
export const update = mutationGeneric(open(definitions.update));
export const remove = mutationGeneric(open(definitions.remove));
export const transact = mutationGeneric(open(definitions.transact));
export const fill = mutationGeneric(open(complete.fill));
export const keyChanges = queryGeneric(open(keys.keyChanges));
export const putKey = mutationGeneric(open(keys.putKey));
export const revokeKeys = mutationGeneric(open(keys.revokeKeys));
export const noteKeyUses = mutationGeneric(open(keys.noteKeyUses));
export const forgetKeys = mutationGeneric(open(keys.forgetKeys));
export const beginLoad = mutationGeneric(open(load.beginLoad));
export const appendLoad = mutationGeneric(open(load.appendLoad));
export const checkLoad = queryGeneric(open(load.checkLoad));
export const commitLoad = mutationGeneric(open(load.commitLoad));
export const discardLoad = mutationGeneric(open(load.discardLoad));
