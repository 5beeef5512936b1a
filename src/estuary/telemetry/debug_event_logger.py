"""Debug lines: one for each operation of the store, each retry, each refusal, without a throttle."""

from collections.abc import Callable

from estuary.core.measurements import StoreQueried
from estuary.core.observations import (
    AuthFailed,
    CacheLooked,
    ConnectionClosed,
    ConnectionOpened,
    ConnectionsChanged,
    RateLimitExceeded,
    RetryDue,
    StoreQueryCancelled,
)
from estuary.telemetry.filter import Level
from estuary.telemetry.logger import Logger
from estuary.telemetry.observers import Observers


class DebugEventLogger:
    """Logs at debug. A target that is not logged at debug is not subscribed to, and so costs nothing."""

    def __init__(self, auth: Logger, http: Logger, store: Logger) -> None:
        self._auth, self._http, self._store = auth, http, store

    def subscribe(self, observers: Observers) -> None:
        """Log what `observers` passes on, of the targets that are wanted at debug."""
        if self._auth.enabled(Level.DEBUG):
            observers.subscribe(AuthFailed, self._auth_failed)
        if self._http.enabled(Level.DEBUG):
            observers.subscribe(RateLimitExceeded, self._rate_limit_exceeded)
            observers.subscribe(ConnectionOpened, self._connection_opened)
            observers.subscribe(ConnectionClosed, self._connection_closed)
        if self._store.enabled(Level.DEBUG):
            for observation, log in self._of_store():
                observers.subscribe(observation, log)

    def _of_store(self) -> list[tuple[type, Callable[..., None]]]:
        return [
            (StoreQueried, self._store_queried),
            (StoreQueryCancelled, self._store_query_cancelled),
            (CacheLooked, self._cache_looked),
            (ConnectionsChanged, self._connections_changed),
            (RetryDue, self._retry_due),
        ]

    def _auth_failed(self, failed: AuthFailed) -> None:
        self._auth.debug("a request was not let in", reason=failed.reason.value, client=failed.client)

    def _rate_limit_exceeded(self, exceeded: RateLimitExceeded) -> None:
        self._http.debug("a request was over the rate limit", client=exceeded.client)

    def _connection_opened(self, opened: ConnectionOpened) -> None:
        self._http.debug("connection opened", connection=opened.name)

    def _connection_closed(self, closed: ConnectionClosed) -> None:
        self._http.debug(
            "connection closed",
            connection=closed.name,
            requests=closed.requests,
            duration_ms=round(closed.seconds * 1000.0, 3),
            reason=closed.reason,
        )

    def _store_queried(self, queried: StoreQueried) -> None:
        self._store.debug(
            "store queried",
            operation=queried.operation,
            resource=queried.resource,
            duration_ms=round(queried.duration * 1000.0, 3),
            succeeded=queried.succeeded,
        )

    def _store_query_cancelled(self, cancelled: StoreQueryCancelled) -> None:
        self._store.debug(
            "store query cancelled", operation=cancelled.operation, resource=cancelled.resource
        )

    def _cache_looked(self, looked: CacheLooked) -> None:
        self._store.debug("looked into the cache", cache=looked.cache, hit=looked.hit)

    def _connections_changed(self, changed: ConnectionsChanged) -> None:
        self._store.debug("connections to the store", active=changed.active)

    def _retry_due(self, due: RetryDue) -> None:
        self._store.debug("trying again", what=due.what, pause=round(due.pause, 3), reason=due.reason)
