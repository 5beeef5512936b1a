/** Moments as a form shows them: in local time, to the millisecond. Finer digits are kept, though not shown. */

const FINER = /\.[0-9]{3}([0-9]+)/;

/** A time of RFC 3339 as a `datetime-local` control holds it; empty where it is none. */
export function toLocal(text) {
  const moment = new Date(text);
  if (text === "" || Number.isNaN(moment.getTime())) return "";
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  const day = `${pad(moment.getFullYear(), 4)}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  const time = `${pad(moment.getHours())}:${pad(moment.getMinutes())}:${pad(moment.getSeconds())}`;
  return moment.getMilliseconds() === 0 ? `${day}T${time}` : `${day}T${time}.${pad(moment.getMilliseconds(), 3)}`;
}

/**
 * What a `datetime-local` control, or somebody, has written of a moment as a time of RFC 3339 in UTC, with all of its digits;
 * empty where that is none. `before` is the time that it was: where the control shows the same, it is the same, and where
 * its milliseconds are, so are the finer digits.
 */
export function fromLocal(text, before = "") {
  const moment = new Date(text);
  if (text === "" || Number.isNaN(moment.getTime())) return "";
  if (text === toLocal(before)) return before;
  const isAsFine = moment.getMilliseconds() === new Date(before).getMilliseconds();
  const finer = finerOf(text) || (isAsFine ? finerOf(before) : "");
  return moment.toISOString().replace("Z", `${finer}Z`);
}

function finerOf(text) {
  return FINER.exec(text)?.[1] ?? "";
}

/** What local time is called here, such as "Europe/Berlin". */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
