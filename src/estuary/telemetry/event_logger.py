"""Event logger: the log line of each observation."""

from collections.abc import Callable

from estuary.core.access.identity import Refusal
from estuary.core.measurements import RequestServed, StoreQueried
from estuary.core.observations import (
    AcceptFailed,
    ApiKeysChanged,
    AuthFailed,
    BatchRead,
    CacheChanged,
    ConnectionsFull,
    HookSlow,
    KeysFetched,
    KeysMissed,
    KeysNotKept,
    LimiterChanged,
    ListQuerySlow,
    Migrated,
    MigrationAwaited,
    RateLimitExceeded,
    RecordsCascaded,
    RequestFailed,
    RequestShed,
    StoreAwaited,
    StoreFound,
    StoreLost,
    StoreRecovered,
)
from estuary.core.ports import Clock
from estuary.telemetry.access_log import ACCESS, LineOf, access_level
from estuary.telemetry.filter import Level
from estuary.telemetry.log_throttle import LogThrottle
from estuary.telemetry.logger import Logger, Put, describe
from estuary.telemetry.observers import Observers

AUTH, HTTP, STORE = "estuary::auth", "estuary::http", "estuary::store"
"""The targets that observations are logged under, but for requests."""

_WITH_LINES_OF_THEIR_OWN = frozenset({Refusal.SCOPE, Refusal.ACCESS})
"""What is answered with 403: the audit log has a line for each."""

_SELDOM_SECONDS = 60.0
"""For conditions that last: an operator needs to know of them, not how often they were met."""


class EventLogger:
    """One line a request; failures as they happen; what may come in floods once a second with a count.

    `line_of` makes the line of a request: INFO for an answer, also to a client's mistake; WARN for a 503,
    which Estuary gives on purpose when it is overloaded, stopping or without its store; ERROR for any other
    5xx. No line holds a token.
    """

    def __init__(
        self, logger_for: Callable[[str], Logger], put: Put, clock: Clock, line_of: LineOf
    ) -> None:
        self._access, self._auth, self._http, self._store = map(logger_for, (ACCESS, AUTH, HTTP, STORE))
        self._put = put
        self._line_of = line_of
        self._limited = LogThrottle(clock)
        self._shed = LogThrottle(clock)
        self._full = LogThrottle(clock, _SELDOM_SECONDS)
        self._not_accepted = LogThrottle(clock, _SELDOM_SECONDS)
        self._auth_refused = LogThrottle(clock)
        self._store_failed = LogThrottle(clock)
        self._list_slow = LogThrottle(clock)
        self._hook_slow = LogThrottle(clock)

    def subscribe(self, observers: Observers) -> None:
        """Log what `observers` passes on; what the filter never lets through is not subscribed to."""
        if self._access.enabled(Level.INFO):
            observers.subscribe(RequestServed, self._served)
        elif self._access.enabled(Level.ERROR):
            observers.subscribe(RequestServed, self._served_badly)
        if self._http.enabled(Level.ERROR):
            observers.subscribe(RequestFailed, self._failed)
        if self._http.enabled(Level.WARN):
            observers.subscribe(RateLimitExceeded, self._rate_limit_exceeded)
            observers.subscribe(RequestShed, self._request_shed)
            observers.subscribe(ConnectionsFull, self._connections_full)
            observers.subscribe(AcceptFailed, self._accept_failed)
            observers.subscribe(HookSlow, self._hook_was_slow)
            observers.subscribe(LimiterChanged, self._limiter_changed)
        if self._http.enabled(Level.INFO):
            observers.subscribe(BatchRead, self._batch_read)
        if self._auth.enabled(Level.ERROR):
            observers.subscribe(KeysMissed, self._keys_missed)
        if self._auth.enabled(Level.WARN):
            observers.subscribe(AuthFailed, self._auth_failed)
            observers.subscribe(ApiKeysChanged, self._api_keys_changed)
            observers.subscribe(KeysFetched, self._keys_fetched)
            observers.subscribe(KeysNotKept, self._keys_not_kept)
        self._subscribe_to_stores(observers)

    def _subscribe_to_stores(self, observers: Observers) -> None:
        if self._store.enabled(Level.WARN):
            observers.subscribe(CacheChanged, self._cache_changed)
            observers.subscribe(ListQuerySlow, self._list_query_slow)
        if self._store.enabled(Level.INFO):
            observers.subscribe(RecordsCascaded, self._records_cascaded)
        if self._store.enabled(Level.ERROR):
            observers.subscribe(StoreQueried, self._store_queried)
        observers.subscribe(StoreAwaited, self._store_awaited)
        observers.subscribe(StoreFound, self._store_found)
        observers.subscribe(MigrationAwaited, self._migration_awaited)
        observers.subscribe(Migrated, self._migrated)
        observers.subscribe(StoreLost, self._store_lost)
        observers.subscribe(StoreRecovered, self._store_recovered)

    def _served(self, served: RequestServed) -> None:
        self._put(self._line_of(served))

    def _served_badly(self, served: RequestServed) -> None:
        if self._access.enabled(access_level(served.status)):
            self._put(self._line_of(served))

    def _failed(self, failed: RequestFailed) -> None:
        self._http.error(
            "request failed",
            request_id=failed.request_id,
            endpoint=failed.endpoint,
            **describe(failed.error),
        )

    def _batch_read(self, read: BatchRead) -> None:
        self._http.info(
            "batch read", request_id=read.request_id, operations=read.operations, batch=read.names
        )

    def _rate_limit_exceeded(self, exceeded: RateLimitExceeded) -> None:
        if count := self._limited.due():
            self._http.warn("rate limit exceeded", count=count, client=exceeded.client)

    def _request_shed(self, shed: RequestShed) -> None:
        if count := self._shed.due():
            self._http.warn("requests shed", count=count, in_flight=shed.in_flight)

    def _connections_full(self, full: ConnectionsFull) -> None:
        if count := self._full.due():
            self._http.warn(
                "connections are full: the longest idle one goes", count=count, limit=full.limit
            )

    def _accept_failed(self, failed: AcceptFailed) -> None:
        if count := self._not_accepted.due():
            self._http.warn("no connection can be accepted", count=count, reason=failed.reason)

    def _hook_was_slow(self, slow: HookSlow) -> None:
        if count := self._hook_slow.due():
            self._http.warn(
                "hook slow: it holds up its worker",
                count=count,
                resource=slow.resource,
                hook=slow.hook,
                duration_ms=round(slow.seconds * 1000.0, 3),
            )

    def _limiter_changed(self, changed: LimiterChanged) -> None:
        if changed.available:
            self._http.info("rate limit counted in its store again", store=changed.store)
        else:
            self._http.warn("rate limit store unavailable", store=changed.store, reason=changed.reason)

    def _auth_failed(self, failed: AuthFailed) -> None:
        if failed.reason in _WITH_LINES_OF_THEIR_OWN:
            return
        if count := self._auth_refused.due():
            reason = failed.reason.value
            self._auth.warn("authentication failed", count=count, reason=reason, client=failed.client)

    def _api_keys_changed(self, changed: ApiKeysChanged) -> None:
        if changed.available:
            self._auth.info("API keys read again")
        else:
            self._auth.warn("API keys not read: soon none is honoured", reason=changed.reason)

    def _keys_fetched(self, fetched: KeysFetched) -> None:
        if not fetched.changed:
            self._auth.debug("keys are as they were", source=fetched.source)
        elif fetched.ids:
            self._auth.info("keys fetched", source=fetched.source, ids=list(fetched.ids))
        else:
            self._auth.warn("keys fetched, but none can be used", source=fetched.source)

    def _keys_missed(self, missed: KeysMissed) -> None:
        if missed.usable:
            level, message = Level.WARN, "keys not fetched; the ones there are stay in use"
        else:
            level, message = Level.ERROR, "keys not fetched"
        self._auth.log(level, message, source=missed.source, reason=missed.reason)

    def _keys_not_kept(self, kept: KeysNotKept) -> None:
        self._auth.warn("keys not kept for the next start", source=kept.source, reason=kept.reason)

    def _cache_changed(self, changed: CacheChanged) -> None:
        if changed.available:
            self._store.info("cache available again", store=changed.store)
        else:
            self._store.warn(
                "cache unavailable: reading from the store", store=changed.store, reason=changed.reason
            )

    def _list_query_slow(self, slow: ListQuerySlow) -> None:
        if count := self._list_slow.due():
            self._store.warn(
                "list query refused" if slow.refused else "list query slow",
                count=count,
                resource=slow.resource,
                shape=slow.shape,
                index=list(slow.index),
                sort=slow.sort,
                duration_ms=round(slow.seconds * 1000.0, 3),
            )

    def _records_cascaded(self, cascaded: RecordsCascaded) -> None:
        self._store.info(
            "records went with another",
            resource=cascaded.resource,
            deleted=cascaded.deleted,
            updated=cascaded.updated,
        )

    def _store_awaited(self, awaited: StoreAwaited) -> None:
        self._store.warn("not ready until the store answers", reason=awaited.reason)

    def _store_found(self, _: StoreFound) -> None:
        self._store.info("the store answers")

    def _migration_awaited(self, awaited: MigrationAwaited) -> None:
        self._store.warn("not ready until the store is migrated", reason=awaited.reason)

    def _migrated(self, _: Migrated) -> None:
        self._store.info("the store is migrated")

    def _store_lost(self, lost: StoreLost) -> None:
        self._store.error("database lost: nothing is read or written", reason=lost.reason)

    def _store_recovered(self, _: StoreRecovered) -> None:
        self._store.info("database in use again")

    def _store_queried(self, queried: StoreQueried) -> None:
        if not queried.succeeded and (count := self._store_failed.due()):
            self._store.error(
                "store failed",
                count=count,
                operation=queried.operation,
                resource=queried.resource,
                duration_ms=round(queried.duration * 1000.0, 3),
            )
