"""The operators' endpoints: health, readiness, metrics and the API's document."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from estuary.core.errors import StoreError, StoreNotMigrated
from estuary.core.moments import in_utc
from estuary.core.ports import Clock, Exposition, Store, SystemMonitor
from estuary.http.messages import JSON, Request, Response, line
from estuary.http.negotiation import Offer, accepted
from estuary.http.records.query_string import refuse_parameters

PROBE_SECONDS = 2.0
"""How long a probe waits for the store: less than the usual timeout of an orchestrator's probe."""

_DEGRADED_ABOVE_PERCENT = 90.0
_OPENMETRICS = Offer("application", "openmetrics-text", ("0.0.1", "1.0.0"))
_PLAIN = Offer("text", "plain")
_FRESH_JSON = line(*JSON) + line("cache-control", "no-store")


class _Database(msgspec.Struct, frozen=True):
    connected: bool
    response_time_ms: float | None


class _System(msgspec.Struct):
    memory_used_mb: float
    memory_total_mb: float
    memory_usage_percent: float
    cpu_count: int


class _Health(msgspec.Struct):
    status: str
    timestamp: str
    uptime_seconds: int
    version: str
    database: _Database
    system: _System


class _Probe(msgspec.Struct, omit_defaults=True):
    status: str
    timestamp: str
    reason: str | None = None


_UNREACHED = _Database(connected=False, response_time_ms=None)


class _Look(msgspec.Struct, frozen=True):
    """Why the store cannot be used now, None where it can, and its part of the answer."""

    reason: str | None
    database: _Database = _UNREACHED


class OperatorHandlers:
    """The handlers of the operations' routes.

    `draining` says whether the service is going down; `document` is the OpenAPI document, encoded.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        system: SystemMonitor,
        exposition: Exposition,
        document: bytes,
        version: str,
        draining: Callable[[], bool],
    ) -> None:
        self._store = store
        self._clock = clock
        self._system = system
        self._exposition = exposition
        self._document = document
        self._version = version
        self._draining = draining
        self._started = clock.monotonic()
        self._encode = msgspec.json.Encoder().encode

    def health(self, _: Request) -> Response | Awaitable[Response]:
        """The whole picture, for people; always 200."""
        return self._looking(self._whole)

    def upshot(self, _: Request) -> Response | Awaitable[Response]:
        """How the service is doing, without the details; always 200."""
        return self._looking(self._upshot)

    def live(self, _: Request) -> Response:
        """200 as long as the process answers, whatever the store does."""
        return self._probed(200, "alive")

    def ready(self, _: Request) -> Response | Awaitable[Response]:
        """Whether traffic should come here: 200, or 503 with the reason."""
        if self._draining():
            return self._probed(503, "not_ready", "shutting_down")
        return self._looking(self._readiness)

    async def metrics(self, request: Request) -> Response:
        """Every metric, in the format that the scraper accepts.

        A coroutine, for requests count as in flight where they are waited for: a scrape counts itself.
        """
        openmetrics = accepted(request.headers).prefers(_OPENMETRICS, _PLAIN)
        media_type, text = self._exposition.render(openmetrics=openmetrics)
        return Response(200, text, (("content-type", media_type), ("cache-control", "no-store")))

    def openapi(self, _: Request) -> Response:
        """The API's OpenAPI 3.1 document."""
        return Response(200, self._document, (JSON,))

    def versioned_openapi(self, request: Request) -> Response:
        """The same as a part of version 1, whose routes take no parameter that they do not know."""
        if request.query:
            refuse_parameters(request.query)
        return self.openapi(request)

    def _whole(self, look: _Look) -> Response:
        database = look.database
        system = self._system.read()
        body = _Health(
            _status(connected=database.connected, memory_percent=system.memory_usage_percent),
            self._now(),
            int(self._clock.monotonic() - self._started),
            self._version,
            database,
            _System(
                system.memory_used_mb,
                system.memory_total_mb,
                system.memory_usage_percent,
                system.cpu_count,
            ),
        )
        return Response(200, self._encode(body), lines=_FRESH_JSON)

    def _upshot(self, look: _Look) -> Response:
        memory = self._system.read().memory_usage_percent
        return self._probed(200, _status(connected=look.database.connected, memory_percent=memory))

    def _readiness(self, look: _Look) -> Response:
        if look.reason is None:
            return self._probed(200, "ready")
        return self._probed(503, "not_ready", look.reason)

    def _probed(self, code: int, status: str, reason: str | None = None) -> Response:
        return Response(code, self._encode(_Probe(status, self._now(), reason)), lines=_FRESH_JSON)

    def _now(self) -> str:
        return in_utc(int(self._clock.timestamp() * 1_000_000))

    def _looking(self, respond: Callable[[_Look], Response]) -> Response | Awaitable[Response]:
        """The response to a probe of the store: at once where the store answers at once."""
        started = self._clock.monotonic()
        try:
            answer = self._store.ping()
        except StoreError as error:
            return respond(_failed(error))
        if answer is None:
            return respond(self._answered(started))
        return self._waiting(answer, started, respond)

    async def _waiting(
        self, answer: Awaitable[None], started: float, respond: Callable[[_Look], Response]
    ) -> Response:
        """The same where the store has to be waited for: bounded in time even where it hangs."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await answer
        except (StoreError, TimeoutError) as error:
            return respond(_failed(error))
        return respond(self._answered(started))

    def _answered(self, started: float) -> _Look:
        """The store answers, and how fast."""
        elapsed = self._clock.monotonic() - started
        return _Look(None, _Database(connected=True, response_time_ms=round(elapsed * 1000, 3)))


def _failed(error: Exception) -> _Look:
    return _Look("not_migrated" if isinstance(error, StoreNotMigrated) else "database_unavailable")


def _status(*, connected: bool, memory_percent: float) -> str:
    if not connected:
        return "unhealthy"
    return "degraded" if memory_percent > _DEGRADED_ABOVE_PERCENT else "healthy"
