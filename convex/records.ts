// The functions that Estuary calls with a deploy key. They are internal: other clients cannot call them.
import { internalMutationGeneric, internalQueryGeneric } from "convex/server";

import * as complete from "./complete";
import * as definitions from "./definitions";
import * as keys from "./keys";
import * as load from "./load";

export const describe = internalQueryGeneric(definitions.describe);
export const get = internalQueryGeneric(definitions.get);
export const find = internalQueryGeneric(definitions.find);
export const page = internalQueryGeneric(definitions.page);
export const slice = internalQueryGeneric(definitions.slice);
export const select = internalQueryGeneric(definitions.select);
export const count = internalQueryGeneric(definitions.count);
export const insert = internalMutationGeneric(definitions.insert);
export const update = internalMutationGeneric(definitions.update);
export const remove = internalMutationGeneric(definitions.remove);
export const transact = internalMutationGeneric(definitions.transact);
export const fill = internalMutationGeneric(complete.fill);
export const keyChanges = internalQueryGeneric(keys.keyChanges);
export const putKey = internalMutationGeneric(keys.putKey);
export const revokeKeys = internalMutationGeneric(keys.revokeKeys);
export const noteKeyUses = internalMutationGeneric(keys.noteKeyUses);
export const forgetKeys = internalMutationGeneric(keys.forgetKeys);
export const beginLoad = internalMutationGeneric(load.beginLoad);
export const appendLoad = internalMutationGeneric(load.appendLoad);
export const checkLoad = internalQueryGeneric(load.checkLoad);
export const commitLoad = internalMutationGeneric(load.commitLoad);
export const discardLoad = internalMutationGeneric(load.discardLoad);

// Convex's scheduler calls these.
export const expireLoad = internalMutationGeneric(load.expireLoad);
export const sweep = internalMutationGeneric(load.sweep);
