/** A line chart over time as SVG: a title, its latest values, axes with round numbers, a line for each series. */

import { html, useId } from "../html.js";
import { ticks } from "./scale.js";

const WIDTH = 480;
const HEIGHT = 180;
const LEFT = 64;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 22;
const SECOND = 1000;

/**
 * `series` are `{name, title}`, `points` `{at, [name]: value or null}` with `at` in milliseconds; the right edge is `now`,
 * `span` milliseconds after the left one. `format` writes a value with its unit; marks are multiples of `step`.
 */
export function Chart({ title, series, points, now, span, format, step }) {
  const id = useId();
  const values = points.flatMap((point) => series.map(({ name }) => point[name])).filter((value) => value !== null);
  const marks = ticks(Math.max(0, ...values), step);
  const x = (at) => LEFT + ((WIDTH - LEFT - RIGHT) * (at - now + span)) / span;
  const y = (value) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / marks.at(-1);
  const last = points.at(-1);
  const latest = series.map(({ name, title: label }) => [label, last?.[name] ?? null]);
  return html`
    <section class="card chart" aria-labelledby=${id}>
      <h2 id=${id}>${title}</h2>
      <ul class="legend">
        ${latest.map(
          ([label, value], place) =>
            html`<li>
              <span class=${`swatch line-${place}`} aria-hidden="true"></span>${label}
              <strong>${value === null ? "–" : format(value)}</strong>
            </li>`,
        )}
      </ul>
      <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${summary(title, latest, format)}>
        ${marks.map(
          (mark) => html`
            <g key=${mark}>
              <line class="rule" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(mark)} y2=${y(mark)} />
              <text class="tick" x=${LEFT - 8} y=${y(mark) + 4} text-anchor="end">${format(mark)}</text>
            </g>
          `,
        )}
        ${[span, span / 2, 0].map(
          (ago, place) => html`
            <text class="tick" x=${x(now - ago)} y=${HEIGHT - 6} text-anchor=${["start", "middle", "end"][place]}
              >${agoIn(ago)}</text
            >
          `,
        )}
        ${series.map(({ name }, place) =>
          paths(points, name, x, y).map((line) => html`<polyline class=${`series line-${place}`} points=${line} />`),
        )}
      </svg>
    </section>
  `;
}

/** The lines of a series: one for each stretch without a gap. A point alone is a short line, or it could not be seen. */
function paths(points, name, x, y) {
  const stretches = [[]];
  for (const point of points) {
    if (point[name] === null) stretches.push([]);
    else stretches.at(-1).push([x(point.at), y(point[name])]);
  }
  return stretches
    .filter((stretch) => stretch.length > 0)
    .map((stretch) => (stretch.length > 1 ? stretch : [[stretch[0][0] - 2, stretch[0][1]], ...stretch]))
    .map((stretch) => stretch.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join(" "));
}

function agoIn(milliseconds) {
  if (milliseconds === 0) return "now";
  const seconds = Math.round(milliseconds / SECOND);
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}

function summary(title, latest, format) {
  const values = latest.map(([label, value]) => `${label} ${value === null ? "unknown" : format(value)}`);
  return `${title}: ${values.join(", ")}`;
}
