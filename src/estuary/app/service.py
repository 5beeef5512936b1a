"""Service: everything that serves requests in one process."""

from collections.abc import Sequence
from typing import Protocol

from estuary.core.ports import RateLimiter, Store
from estuary.http.kernel import Application
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.filter import Level
from estuary.telemetry.journal import HTTP
from estuary.telemetry.logs import Logs


class Companion(Protocol):
    """Something that works beside the requests for as long as they are served."""

    def start(self) -> None:
        """Begin in the background, on the running event loop."""
        ...

    async def stop(self) -> None:
        """Cancel what is under way, and return when it has ended."""
        ...


class Awaited(Protocol):
    """What may come later than the service starts."""

    @property
    def waits_for(self) -> str:
        """Why it is not there yet, for an operator; the empty text once it is."""
        ...

    async def there(self) -> None:
        """Return once it is there; raises `StoreError` where only an operator can help."""
        ...


class Service:
    """Made by `build`; started, drained, stopped.

    `application` serves the port; `admin` the operators' own one, None where they have none.
    """

    def __init__(
        self,
        application: Application,
        store: Store,
        limiter: RateLimiter,
        logs: Logs,
        clock: SystemClock,
        *,
        awaited: Awaited,
        admin: Application | None = None,
        companions: Sequence[Companion] = (),
    ) -> None:
        self.application = application
        self.admin = admin
        self.store = store
        self.limiter = limiter
        self.logs = logs
        self.log = logs.logger("estuary::service")
        self._awaited = awaited
        self._clock = clock
        self._companions = companions

    async def start(self) -> None:
        """Open the store and the limiter, in a few seconds; raises `StoreError` or `LimiterRefused`.

        Both may be away: then they are tried for, over and over, and `waits_for` says of the store why.
        """
        await self.store.open()
        await self.limiter.open()
        for companion in self._companions:
            companion.start()

    @property
    def waits_for(self) -> str:
        """Why the service is not ready yet, for an operator; the empty text once it is."""
        return self._awaited.waits_for

    @property
    def observes_connections(self) -> bool:
        """Whether what a listener has to tell of each connection is logged."""
        return self.logs.logger(HTTP).enabled(Level.DEBUG)

    async def ready(self) -> None:
        """Return once the store is there; raises `StoreError` where only an operator can help."""
        await self._awaited.there()

    def drain(self) -> None:
        """From now on readiness is 503 and every answer closes its connection."""
        self.application.draining = True
        if self.admin is not None:
            self.admin.draining = True

    def in_flight(self) -> list[str]:
        """The requests under way, each with its age in seconds and its id."""
        now = self._clock.monotonic()
        return [
            f"{request.method} {request.route.template} {now - request.started:.1f} s "
            f"request_id={request.request_id}"
            for request in list(self.application.in_flight)
        ]

    async def stop(self) -> None:
        """Close the store and write the last log lines."""
        for companion in self._companions:
            await companion.stop()
        await self.limiter.close()
        await self.store.close()
        self.logs.flush()
