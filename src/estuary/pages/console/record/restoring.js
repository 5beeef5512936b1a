/** A deleted record created again under its id. What is not shown, and what others lost with it, does not come back. */

import { newKey, patiently } from "../sending.js";

/** The answer to creating `record` again, with what its client may write of it. */
export function restore(api, resource, record) {
  const shown = resource.writable.filter(({ name }) => record[name] !== undefined);
  const body = Object.fromEntries(shown.map(({ name }) => [name, record[name]]));
  const headers = { "if-none-match": "*", "idempotency-key": `"${newKey()}"` };
  return patiently(() => api.request("PUT", resource.recordPath(record.id), { body, headers }), { attempts: 3 });
}

/** Whether that brings back all there was: nothing hidden, and no records that may have been deleted along. */
export function isWhollyRestorable(resource) {
  return (
    resource.referrers.length === 0 &&
    resource.fields.every(({ hidden, readOnly, name }) => !hidden && (!readOnly || STAMPS.has(name)))
  );
}

const STAMPS = new Set(["id", "created_at", "updated_at"]);
