/** Moments as a form shows them: in local time, to the millisecond. */

/** A time of RFC 3339 as a `datetime-local` control holds it; empty where it is none. */
export function toLocal(text) {
  const moment = new Date(text);
  if (text === "" || Number.isNaN(moment.getTime())) return "";
  const pad = (number, width = 2) => String(number).padStart(width, "0");
  const day = `${pad(moment.getFullYear(), 4)}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  const time = `${pad(moment.getHours())}:${pad(moment.getMinutes())}:${pad(moment.getSeconds())}`;
  return moment.getMilliseconds() === 0 ? `${day}T${time}` : `${day}T${time}.${pad(moment.getMilliseconds(), 3)}`;
}

/** What a `datetime-local` control holds as a time of RFC 3339 in UTC; empty where it holds nothing. */
export function fromLocal(text) {
  const moment = new Date(text);
  return text === "" || Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}

/** What local time is called here, such as "Europe/Berlin". */
export function zone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
