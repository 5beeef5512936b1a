/** Axes: round numbers between which a chart's values lie, and how numbers are written beside them. */

const STEPS = [1, 2, 5, 10];
const MOST = 4; // steps

/** Round numbers from 0 to at least `highest`, at most five, whole multiples of `least`, which is 0 where any will do. */
export function ticks(highest, least = 0) {
  const unit = least || 1;
  const top = Math.max(least, highest > 0 && Number.isFinite(highest) ? highest : 1) / unit;
  const magnitude = 10 ** Math.floor(Math.log10(top / MOST));
  const fitting = STEPS.map((each) => each * magnitude).find((each) => each * MOST >= top * (1 - 1e-9));
  const step = least > 0 ? Math.max(1, Math.ceil(fitting)) : fitting;
  const steps = Math.ceil(top / step - 1e-9);
  return Array.from({ length: steps + 1 }, (_, place) => Number((place * step).toPrecision(12)) * unit);
}

/** A plain number, of three digits where it is a fraction. */
export function plain(value) {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3, useGrouping: false });
}

/** Seconds as milliseconds or seconds. */
export function duration(seconds) {
  return seconds < 1 ? `${plain(seconds * 1000)} ms` : `${plain(seconds)} s`;
}

/** Bytes in MiB or GiB. */
export function bytes(count) {
  const mebibytes = count / 2 ** 20;
  return mebibytes < 1000 ? `${plain(mebibytes)} MiB` : `${plain(mebibytes / 1024)} GiB`;
}

/** Seconds of uptime as its two largest units. */
export function uptime(seconds) {
  const parts = [
    ["d", 86400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ];
  const first = parts.findIndex(([, size]) => seconds >= size);
  if (first === -1) return "0 s";
  const shown = parts.slice(first, first + 2).map(([unit, size], place) => {
    const count = Math.floor((place === 0 ? seconds : seconds % parts[first][1]) / size);
    return `${count} ${unit}`;
  });
  return shown.join(" ");
}
