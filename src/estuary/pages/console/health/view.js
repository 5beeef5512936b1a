/** How the service is: its health, and charts of its metrics, asked for again every few seconds. */

import { useApp } from "../context.js";
import { html, useRef, useState } from "../html.js";
import { Chart } from "./chart.js";
import { HealthFacts } from "./facts.js";
import { NoMetrics } from "./no-metrics.js";
import { parse } from "./prometheus.js";
import { point, reading } from "./readings.js";
import { bytes, duration, plain } from "./scale.js";
import { usePolling } from "./use-polling.js";

const PAUSE = 5000;
const SHORTEST = 2 * 60 * 1000;
const LONGEST = 10 * 60 * 1000;
const MEBIBYTE = 2 ** 20;

/** Title, how a value is written, series, and what marks are multiples of. */
const CHARTS = [
  [
    "Requests a second",
    plain,
    [
      ["requests", "all"],
      ["refused", "refused (4xx)"],
      ["failed", "failed (5xx)"],
    ],
  ],
  [
    "Response time",
    duration,
    [
      ["median", "median"],
      ["p95", "95 % within"],
      ["p99", "99 % within"],
    ],
  ],
  ["Memory of the service", bytes, [["memory", "resident"]], MEBIBYTE],
  ["Processors kept busy", plain, [["processor", "used"]]],
  ["Connections to the database", plain, [["connections", "open"]], 1],
  ["Requests in flight", plain, [["inFlight", "being worked on"]], 1],
];

export default function HealthView() {
  const { api, config } = useApp();
  const { metrics: source } = config.paths;
  const [token, setToken] = useState("");
  const [state, setState] = useState({ health: null, metrics: null, points: [], at: Date.now() });
  const before = useRef(null);

  usePolling(
    async (signal) => {
      const needsToken = source === null || (source.token && token === "");
      const own = token === "" ? {} : { authorization: `Bearer ${token}` };
      const [health, metrics] = await Promise.all([
        api.request("GET", "/health", { signal, ask: false }),
        needsToken
          ? null
          : api.request("GET", "/metrics", { signal, ask: false, headers: { accept: "text/plain", ...own } }),
      ]);
      const at = Date.now();
      const added = metrics?.ok ? pointOf(reading(at, parse(metrics.body)), before) : [];
      setState((now) => ({
        health,
        metrics,
        at,
        points: [...now.points.filter((each) => each.at > at - LONGEST), ...added],
      }));
    },
    PAUSE,
    token,
  );

  const { health, metrics, points, at } = state;
  return html`
    <div class="heading">
      <div>
        <h1>Health</h1>
        <p class="muted">Updated every ${PAUSE / 1000} seconds while this page is in view.</p>
      </div>
    </div>
    ${health === null ? html`<p class="muted" role="status">Loading…</p>` : html`<${HealthFacts} answer=${health} />`}
    ${health !== null && html`<${NoMetrics} source=${source} answer=${metrics} token=${token} onToken=${setToken} />`}
    ${metrics?.ok && html`<${Charts} points=${points} at=${at} />`}
  `;
}

function Charts({ points, at }) {
  const span = Math.min(LONGEST, Math.max(SHORTEST, at - (points[0]?.at ?? at)));
  const wait = points.length === 0 ? ": the first come in a few seconds" : "";
  return html`
    <p class="muted small">Without this page's own requests. Rates are those between two readings${wait}.</p>
    <div class="charts">
      ${CHARTS.map(
        ([title, format, series, step]) => html`
          <${Chart}
            key=${title}
            title=${title}
            series=${series.map(([name, label]) => ({ name, title: label }))}
            points=${points}
            now=${at}
            span=${span}
            format=${format}
            step=${step}
          />
        `,
      )}
    </div>
  `;
}

/** The point between the reading before and this one, in a list; none where this is the first. */
function pointOf(now, before) {
  const previous = before.current;
  before.current = now;
  return previous === null ? [] : [point(previous, now)];
}
