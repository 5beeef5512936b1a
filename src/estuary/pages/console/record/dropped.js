/** Values that were sent and are no part of the record: a service takes no notice of fields that it does not know. */

/** Tells by `toasts` which of `fields` were in the body `sent`, and are not in the record that was answered, if one was. */
export function tellDropped(fields, sent, record, toasts) {
  if (typeof record?.id !== "string") return;
  const dropped = fields.filter(({ name, hidden }) => !hidden && Object.hasOwn(sent, name) && !Object.hasOwn(record, name));
  if (dropped.length === 0) return;
  const labels = dropped.map(({ label }) => label).join(", ");
  toasts.show(`Not kept: ${labels}. The service has been changed since this page was loaded: load it again.`, { kind: "error" });
}
