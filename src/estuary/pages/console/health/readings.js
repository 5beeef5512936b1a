/** What the health page shows of two readings of /metrics, one some seconds after the other. */

import { added, buckets, quantile, total } from "./prometheus.js";

const DURATIONS = "http_request_duration_seconds";
const OWN = new Set(["/health", "/health/live", "/health/ready", "/metrics"]);
const isOfOthers = ({ endpoint }) => !OWN.has(endpoint);
const isFailure = (labels) => isOfOthers(labels) && labels.status.startsWith("5");
const isRefusal = (labels) => isOfOthers(labels) && labels.status.startsWith("4");

/** A reading: when, in milliseconds, and the samples then. Requests for health and metrics themselves are left out. */
export function reading(at, samples) {
  return {
    at,
    requests: total(samples, "http_requests_total", isOfOthers) ?? 0,
    refused: total(samples, "http_requests_total", isRefusal) ?? 0,
    failed: total(samples, "http_requests_total", isFailure) ?? 0,
    durations: buckets(samples, DURATIONS, isOfOthers),
    inFlight: total(samples, "http_requests_in_flight"),
    memory: total(samples, "process_resident_memory_bytes"),
    processor: total(samples, "process_cpu_seconds_total"),
    connections: total(samples, "database_connections_active"),
    files: total(samples, "process_open_fds"),
    version: samples.get("estuary_build_info")?.[0]?.labels ?? {},
  };
}

/** The point of the charts between two readings; a rate is a second's, a latency in seconds, null where nothing was asked. */
export function point(before, after) {
  const seconds = (after.at - before.at) / 1000;
  const rate = (name) => (after[name] < before[name] ? after[name] : after[name] - before[name]) / seconds;
  const durations = added(before.durations, after.durations);
  return {
    at: after.at,
    requests: rate("requests"),
    refused: rate("refused"),
    failed: rate("failed"),
    median: quantile(0.5, durations),
    p95: quantile(0.95, durations),
    p99: quantile(0.99, durations),
    memory: after.memory,
    processor: after.processor === null || before.processor === null ? null : rate("processor"),
    connections: after.connections,
    inFlight: after.inFlight === null ? null : Math.max(0, after.inFlight - 1), // the reading itself is one
  };
}
