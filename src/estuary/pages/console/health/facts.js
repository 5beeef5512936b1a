/** What /health answers, as facts. */

import { html } from "../html.js";
import { Notice } from "../parts/notice.js";
import { bytes, duration, uptime } from "./scale.js";

const MEBIBYTE = 2 ** 20;

export function HealthFacts({ answer }) {
  const { body } = answer;
  if (typeof body?.status !== "string" || body.error !== undefined) {
    return html`<${Notice} kind="error" title="Health could not be read">${answer.message}<//>`;
  }
  const { status, uptime_seconds: up, version, database, system } = body;
  const facts = [
    ["Status", html`<span class=${`status ${status}`}>${status}</span>`],
    up !== undefined && ["Up for", uptime(up)],
    version !== undefined && ["Version", version],
    database !== undefined &&
      (database.connected ? ["Database answers in", latency(database)] : ["Database", "not connected"]),
    system !== undefined && [
      "Memory of the machine",
      `${bytes(system.memory_used_mb * MEBIBYTE)} of ${bytes(system.memory_total_mb * MEBIBYTE)}`,
    ],
    system !== undefined && ["Processors", system.cpu_count],
  ].filter(Boolean);
  return html`
    <dl class="card tiles">
      ${facts.map(
        ([name, value]) =>
          html`<div key=${name}>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  `;
}

function latency({ response_time_ms: milliseconds }) {
  return milliseconds === null ? "–" : duration(Number(milliseconds) / 1000);
}
