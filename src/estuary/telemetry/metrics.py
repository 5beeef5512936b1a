"""Metrics: every number of Estuary, counted from observations."""

import platform
from collections.abc import Iterable, Sequence

from estuary.core.access.identity import Refusal
from estuary.core.audit import KeyAdministered, KeyOperation
from estuary.core.build import COMPILED
from estuary.core.measurements import KNOWN_METHODS, RequestServed, StoreQueried
from estuary.core.observations import (
    ApiKeysChanged,
    AuthFailed,
    BatchMade,
    CacheLooked,
    ConnectionsChanged,
    KeysFetched,
    KeysMissed,
    LimiterChanged,
    ListQueried,
    RateLimitExceeded,
    RecordCreated,
    RecordDeleted,
    RecordsCascaded,
    RecordUpdated,
    RequestShed,
    StoreQueryCancelled,
)
from estuary.telemetry.cells import Cells
from estuary.telemetry.exposition import Exposition
from estuary.telemetry.instruments import Counter, Gauge, Histogram
from estuary.telemetry.observers import Observers
from estuary.telemetry.registry import Collector, Family, Metric, Registry, Sample, Total

HTTP_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DATABASE_SECONDS = (
    *(0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds in seconds; an embedded store answers in tens of microseconds."""


class Metrics:
    """Counts observations, and renders every metric for a scrape (the port `Exposition`).

    `resources` are the names of the resources served; `cells` are where it is counted, by default in this
    process alone; `collectors` add families read at each scrape.
    """

    def __init__(
        self,
        resources: Sequence[str],
        *,
        version: str,
        cells: Cells | None = None,
        collectors: Iterable[Collector] = (),
    ) -> None:
        cells = cells or Cells()
        self._registry = registry = Registry(cells)
        self._declare_requests(registry)
        self._declare_authentication(registry)
        self._declare_store(registry)
        self._declare_records(registry, resources)
        self._declare_itself(registry, version)
        registry.add(lambda: [_left_out(cells.left_out)])
        for collector in collectors:
            registry.add(collector)
        self.render = Exposition(registry.collect).render

    def subscribe(self, observers: Observers) -> None:
        """Count what `observers` passes on."""
        observers.subscribe(RequestServed, self._request_served)
        observers.subscribe(RateLimitExceeded, self._rate_limit_exceeded)
        observers.subscribe(LimiterChanged, self._limiter_changed)
        observers.subscribe(RequestShed, self._request_shed)
        observers.subscribe(AuthFailed, self._auth_failed)
        observers.subscribe(KeysFetched, self._keys_fetched)
        observers.subscribe(KeysMissed, self._keys_missed)
        observers.subscribe(ApiKeysChanged, self._api_keys_changed)
        observers.subscribe(KeyAdministered, self._key_administered)
        observers.subscribe(StoreQueried, self._store_queried)
        observers.subscribe(StoreQueryCancelled, self._store_query_cancelled)
        observers.subscribe(ListQueried, self._list_queried)
        observers.subscribe(CacheLooked, self._cache_looked)
        observers.subscribe(ConnectionsChanged, self._connections_changed)
        observers.subscribe(RecordCreated, self._record_created)
        observers.subscribe(RecordUpdated, self._record_updated)
        observers.subscribe(RecordDeleted, self._record_deleted)
        observers.subscribe(RecordsCascaded, self._records_cascaded)
        observers.subscribe(BatchMade, self._batch_made)

    def requests_waiting(self, change: int) -> None:
        """Count so many more, or fewer, requests as being worked on."""
        self._in_flight.add(float(change))

    def log_lines_dropped(self, lines: int) -> None:
        """Count log lines that were not written."""
        self._dropped.add(lines)

    def _declare_requests(self, registry: Registry) -> None:
        self._in_flight: Gauge = registry.gauge(
            "http_requests_in_flight", "Requests being worked on."
        ).series()
        self._requests = registry.histogram(
            "http_request_duration_seconds",
            "Time from a request's arrival to its answer, in seconds.",
            *("method", "endpoint", "status"),
            bounds=HTTP_SECONDS,
            total=Total("http_requests_total", "Requests answered."),
        )
        self._request_series: dict[str, dict[str, dict[int, Histogram]]] = {}
        """By endpoint, method and status."""
        self._limited: Counter = registry.counter(
            "rate_limit_exceeded_total", "Requests turned away because their client asked too often."
        ).series()
        self._limiter_up: Gauge = registry.gauge(
            "rate_limit_store_up", "Whether every worker reaches what counts the rate limit.", join=min
        ).series()
        self._limiter_up.set(1.0)
        self._shed: Counter = registry.counter(
            "requests_shed_total", "Requests turned away because too many were in flight."
        ).series()

    def _declare_authentication(self, registry: Registry) -> None:
        failures = registry.counter(
            "auth_failures_total", "Requests that were not let in, by reason.", "reason"
        )
        self._auth_failures: dict[Refusal, Counter] = {
            reason: failures.series(reason.value) for reason in Refusal
        }
        """For every reason from the start."""
        fetches = registry.counter(
            "auth_key_fetches_total", "Attempts to fetch an issuer's keys, by result.", "result"
        )
        self._fetched_keys: Counter = fetches.series("success")
        self._missed_keys: Counter = fetches.series("error")
        self._api_keys_up: Gauge = registry.gauge(
            "api_keys_store_up", "Whether every worker reads changes of API keys.", join=min
        ).series()
        self._api_keys_up.set(1.0)
        operations = registry.counter(
            "api_key_operations_total", "What was done with API keys over HTTP.", "operation"
        )
        self._key_operations: dict[KeyOperation, Counter] = {
            each: operations.series(each.value) for each in KeyOperation
        }

    def _declare_store(self, registry: Registry) -> None:
        self._queries = registry.histogram(
            "database_query_duration_seconds",
            "Time that a query took, in seconds.",
            *("operation", "repository"),
            bounds=DATABASE_SECONDS,
            total=Total("database_queries_total", "Queries by outcome.", "status"),
        )
        self._answered_series: dict[str, dict[str, Histogram]] = {}
        """Durations of queries that the store answered, by resource and operation."""
        self._connections: Gauge = registry.gauge(
            "database_connections_active", "Open connections to the database."
        ).series()
        self._cache_requests = registry.counter(
            "cache_requests_total", "Lookups in a cache by result.", "cache", "result"
        )

    def _declare_records(self, registry: Registry, resources: Sequence[str]) -> None:
        self._created = _by_resource(registry, resources, "created")
        self._updated = _by_resource(registry, resources, "updated")
        self._deleted = _by_resource(registry, resources, "deleted")
        self._batches: Counter = registry.counter(
            "batches_total", "Batches of writes that were made."
        ).series()
        self._batched: Counter = registry.counter(
            "batch_operations_total", "Operations of batches that were made."
        ).series()
        lists = registry.counter(
            "list_queries_total",
            "Lists asked for, by whether an index serves the query.",
            *("resource", "served"),
        )
        self._lists: dict[tuple[str, bool], Counter] = {
            (name, served): lists.series(name, str(served).lower())
            for name in resources
            for served in (True, False)
        }

    def _declare_itself(self, registry: Registry, version: str) -> None:
        build = registry.gauge(
            "estuary_build_info",
            "The running version; always 1.",
            "version",
            "python",
            "compiled",
            join=max,
        )
        build.series(version, platform.python_version(), str(COMPILED).lower()).set(1.0)
        self._dropped: Counter = registry.counter(
            "log_lines_dropped_total",
            "Log lines that were not written: the pipe or disk behind them was full or gone.",
        ).series()

    def _request_served(self, served: RequestServed) -> None:
        by_method = self._request_series.get(served.endpoint)
        by_status = None if by_method is None else by_method.get(served.method)
        series = None if by_status is None else by_status.get(served.status)
        if series is None:
            series = self._new_request_series(served)
        series.observe(served.duration)

    def _new_request_series(self, served: RequestServed) -> Histogram:
        # Kept under the label's method, never under a client's own, or clients could fill the memory.
        method = served.method if served.method in KNOWN_METHODS else "OTHER"
        series = self._requests.series(method, served.endpoint, str(served.status))
        by_method = self._request_series.setdefault(served.endpoint, {})
        by_method.setdefault(method, {})[served.status] = series
        return series

    def _rate_limit_exceeded(self, _: RateLimitExceeded) -> None:
        self._limited.inc()

    def _limiter_changed(self, changed: LimiterChanged) -> None:
        self._limiter_up.set(float(changed.available))

    def _request_shed(self, _: RequestShed) -> None:
        self._shed.inc()

    def _auth_failed(self, failed: AuthFailed) -> None:
        self._auth_failures[failed.reason].inc()

    def _api_keys_changed(self, changed: ApiKeysChanged) -> None:
        self._api_keys_up.set(float(changed.available))

    def _key_administered(self, administered: KeyAdministered) -> None:
        self._key_operations[administered.operation].inc()

    def _keys_fetched(self, _: KeysFetched) -> None:
        self._fetched_keys.inc()

    def _keys_missed(self, _: KeysMissed) -> None:
        self._missed_keys.inc()

    def _store_queried(self, queried: StoreQueried) -> None:
        if not queried.succeeded:
            series = self._queries.series(queried.operation, queried.resource, "error")
            series.observe(queried.duration)
            return
        by_operation = self._answered_series.get(queried.resource)
        answered = None if by_operation is None else by_operation.get(queried.operation)
        if answered is None:
            answered = self._new_answered_series(queried)
        answered.observe(queried.duration)

    def _new_answered_series(self, queried: StoreQueried) -> Histogram:
        series = self._queries.series(queried.operation, queried.resource, "success")
        self._answered_series.setdefault(queried.resource, {})[queried.operation] = series
        return series

    def _store_query_cancelled(self, cancelled: StoreQueryCancelled) -> None:
        # Its time counts: clients who give up on a slow store must not make it look fast.
        series = self._queries.series(cancelled.operation, cancelled.resource, "cancelled")
        series.observe(cancelled.duration)

    def _list_queried(self, queried: ListQueried) -> None:
        self._lists[queried.resource, queried.served].inc()

    def _cache_looked(self, looked: CacheLooked) -> None:
        self._cache_requests.series(looked.cache, "hit" if looked.hit else "miss").inc()

    def _connections_changed(self, changed: ConnectionsChanged) -> None:
        self._connections.set(changed.active)

    def _record_created(self, created: RecordCreated) -> None:
        self._created[created.resource].inc()

    def _record_updated(self, updated: RecordUpdated) -> None:
        self._updated[updated.resource].inc()

    def _record_deleted(self, deleted: RecordDeleted) -> None:
        self._deleted[deleted.resource].inc()

    def _records_cascaded(self, cascaded: RecordsCascaded) -> None:
        for counters, numbers in ((self._deleted, cascaded.deleted), (self._updated, cascaded.updated)):
            for resource, number in numbers.items():
                counters[resource].add(number)

    def _batch_made(self, made: BatchMade) -> None:
        self._batches.inc()
        self._batched.add(made.operations)


def _left_out(series: int) -> Family:
    sample = Sample("", (), float(series))
    text = "Series that are counted nowhere, because there is no room for them."
    return Family("estuary_metric_series_left_out", "gauge", text, (sample,))


def _by_resource(registry: Registry, resources: Sequence[str], what: str) -> dict[str, Counter]:
    """A counter for each resource, there from the start."""
    metrics: dict[str, Metric[Counter]] = {
        name: registry.counter(f"{name}_{what}_total", f"Records of {name} {what}.") for name in resources
    }
    return {name: metric.series() for name, metric in metrics.items()}
