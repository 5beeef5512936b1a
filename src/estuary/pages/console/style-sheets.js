/** Style sheets that only some views need, loaded when the first of these is. */

const loaded = new Map();

/** A module, when the style sheets `names`, files in styles/, apply as well; fails where one cannot be loaded. */
export async function styled(module, ...names) {
  const [view] = await Promise.all([module, ...names.map((name) => loaded.get(name) ?? load(name))]);
  return view;
}

function load(name) {
  const sheet = new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(`./styles/${name}`, import.meta.url).href;
    link.onload = resolve;
    link.onerror = () => {
      loaded.delete(name);
      link.remove();
      reject(new Error(`${name} could not be loaded`));
    };
    document.head.append(link);
  });
  loaded.set(name, sheet);
  return sheet;
}
