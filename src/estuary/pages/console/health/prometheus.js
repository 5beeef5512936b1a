/** Metrics in the text format of Prometheus (exposition format 0.0.4), read and summed. */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+([+-]?(?:[0-9.]+(?:e[+-]?[0-9]+)?|Inf)|NaN)(?:[ \t]|$)/i;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;
const ESCAPES = { n: "\n" };
const WORDS = { "+Inf": Infinity, "-Inf": -Infinity, NaN: NaN };

/** The samples of a text by name: `{labels, value}` each. Lines of any other form are passed over. */
export function parse(text) {
  const samples = new Map();
  for (const line of text.split("\n")) {
    const found = line.startsWith("#") ? null : SAMPLE.exec(line);
    if (found === null) continue;
    const [, name, labels = "", value] = found;
    if (!samples.has(name)) samples.set(name, []);
    samples.get(name).push({ labels: labelsOf(labels), value: WORDS[value] ?? Number(value) });
  }
  return samples;
}

function labelsOf(text) {
  const labels = {};
  for (const [, name, value] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/g, (_, each) => ESCAPES[each] ?? each);
  }
  return labels;
}

/** The sum of the samples of `name` whose labels `matches` accepts; null where there is none. */
export function total(samples, name, matches = () => true) {
  const chosen = (samples.get(name) ?? []).filter(({ labels }) => matches(labels));
  return chosen.length === 0 ? null : chosen.reduce((sum, { value }) => sum + value, 0);
}

/** The counts of a histogram's buckets by upper bound, ascending, summed over all other labels: `[bound, count]`. */
export function buckets(samples, name, matches = () => true) {
  const counts = new Map();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    if (!matches(labels)) continue;
    const bound = WORDS[labels.le] ?? Number(labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + value);
  }
  return [...counts].sort(([one], [other]) => one - other);
}

/** What was added to each bucket between two readings; all there is, where the service was restarted in between. */
export function added(before, after) {
  const known = new Map(before);
  const restarted = after.some(([bound, count]) => count < (known.get(bound) ?? 0));
  return after.map(([bound, count]) => [bound, restarted ? count : count - (known.get(bound) ?? 0)]);
}

/**
 * The value that a share `q` of the observations stays within, as Prometheus' histogram_quantile estimates it: along a
 * straight line within its bucket. Null without observations; of the last bucket its lower bound, for it has no upper one.
 */
export function quantile(q, counted) {
  const all = counted.at(-1)?.[1] ?? 0;
  if (all === 0) return null;
  const rank = q * all;
  const place = counted.findIndex(([, count]) => count >= rank);
  const [bound, count] = counted[place];
  const [lower, below] = place === 0 ? [0, 0] : counted[place - 1];
  if (bound === Infinity) return lower;
  return lower + (bound - lower) * ((rank - below) / (count - below));
}
