/** Gives a file to the browser to save. */

/** Saves `parts`, texts or blobs, as a file called `name`. */
export function save(parts, name, type) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the file after the click: the address must live until then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
