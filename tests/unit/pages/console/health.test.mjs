import assert from "node:assert/strict";
import { test } from "node:test";
import { added, buckets, parse, quantile, total } from "../../../../src/estuary/pages/console/health/prometheus.js";
import { point, reading } from "../../../../src/estuary/pages/console/health/readings.js";
import { bytes, duration, plain, ticks, uptime } from "../../../../src/estuary/pages/console/health/scale.js";

const TEXT = `# HELP http_requests_total Requests answered.
# TYPE http_requests_total counter
http_requests_total{method="GET",endpoint="/health",status="200"} 50
http_requests_total{method="GET",endpoint="/api/v1/books",status="200"} 90
http_requests_total{method="GET",endpoint="/api/v1/books",status="404"} 8
http_requests_total{method="POST",endpoint="/api/v1/books",status="500"} 2 1796031223000
http_request_duration_seconds_bucket{endpoint="/api/v1/books",status="200",le="0.1"} 50
http_request_duration_seconds_bucket{endpoint="/api/v1/books",status="200",le="1.0"} 90
http_request_duration_seconds_bucket{endpoint="/api/v1/books",status="200",le="+Inf"} 100
http_requests_in_flight 3
process_resident_memory_bytes 7.4018816e+07
odd_label{text="a \\"b\\" \\\\ \\n , }"} NaN
no sample
`;

test("samples are read with their labels; other lines are passed over", () => {
  const samples = parse(TEXT);
  assert.equal(total(samples, "http_requests_total"), 150);
  assert.equal(
    total(samples, "http_requests_total", ({ status }) => status === "404"),
    8,
  );
  assert.equal(total(samples, "nothing_of_the_kind"), null);
  assert.equal(total(samples, "process_resident_memory_bytes"), 74018816);
  assert.deepEqual(samples.get("odd_label"), [{ labels: { text: 'a "b" \\ \n , }' }, value: NaN }]);
  assert.equal(samples.has("no"), false);
});

test("a quantile lies in its bucket, on a straight line; beyond the last bound it is that", () => {
  const counted = buckets(parse(TEXT), "http_request_duration_seconds");
  assert.deepEqual(counted, [
    [0.1, 50],
    [1, 90],
    [Infinity, 100],
  ]);
  assert.equal(quantile(0.25, counted), 0.05);
  assert.equal(quantile(0.7, counted), 0.1 + 0.9 * (20 / 40));
  assert.equal(quantile(0.99, counted), 1);
  assert.equal(quantile(0.5, []), null);
  assert.equal(
    quantile(0.5, [
      [1, 0],
      [Infinity, 0],
    ]),
    null,
  );
});

test("a point holds rates between two readings, without the requests for health and metrics", () => {
  const before = reading(0, parse(TEXT));
  const after = reading(
    10_000,
    parse(
      TEXT.replace("} 90\n", "} 190\n")
        .replace('"500"} 2', '"500"} 7')
        .replace('"/health",status="200"} 50', '"/health",status="200"} 99'),
    ),
  );
  const now = point(before, after);
  assert.deepEqual([now.requests, now.failed, now.refused, now.inFlight], [10.5, 0.5, 0, 2]);
});

test("a service that began anew has what it counted since", () => {
  assert.deepEqual(
    added(
      [
        [1, 50],
        [Infinity, 60],
      ],
      [
        [1, 2],
        [Infinity, 3],
      ],
    ),
    [
      [1, 2],
      [Infinity, 3],
    ],
  );
  const began = point(reading(0, parse(TEXT)), reading(10_000, parse(TEXT.replace("} 90\n", "} 10\n"))));
  assert.equal(began.requests, 2);
});

test("marks are round, from zero to what there is to show, and whole where they count", () => {
  assert.deepEqual(ticks(7.3), [0, 2, 4, 6, 8]);
  assert.deepEqual(ticks(0.0093), [0, 0.005, 0.01]);
  assert.deepEqual(ticks(0), [0, 0.5, 1]);
  assert.deepEqual(ticks(2, 1), [0, 1, 2]);
  assert.deepEqual(ticks(0, 1), [0, 1]);
  assert.deepEqual(ticks(72 * 2 ** 20, 2 ** 20).map(bytes), ["0 MiB", "20 MiB", "40 MiB", "60 MiB", "80 MiB"]);
});

test("values are written with three digits and a unit", () => {
  assert.deepEqual([0.0002672, 0.5, 2.345].map(duration), ["0.267 ms", "500 ms", "2.35 s"]);
  assert.deepEqual([1536 * 2 ** 20, 72.34 * 2 ** 20].map(bytes), ["1.5 GiB", "72.3 MiB"]);
  assert.deepEqual([1234.5, 0.12345, 12].map(plain), ["1230", "0.123", "12"]);
  assert.deepEqual([0, 59, 61, 3700, 90000].map(uptime), ["0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
});
