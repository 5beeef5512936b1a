"""The service: everything that serves requests in one process."""

from collections.abc import Sequence
from typing import Protocol

from estuary.core.ports import RateLimiter, Store
from estuary.http.kernel import Application
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.event_logger import HTTP
from estuary.telemetry.filter import Level
from estuary.telemetry.logs import Logs


class Companion(Protocol):
    """A background task that runs as long as requests are served."""

    def start(self) -> None:
        """Start in the background, on the running event loop."""
        ...

    async def stop(self) -> None:
        """Cancel the task, and return when it has ended."""
        ...


class Awaited(Protocol):
    """A store that may become available later than the service starts."""

    @property
    def waits_for(self) -> str:
        """Why it is not available yet, for an operator; empty once it is."""
        ...

    async def there(self) -> None:
        """Return once it is available; raises `StoreError` if only an operator can help."""
        ...


class Service:
    """The parts of a running service, with their start and stop.

    `application` serves the port; `admin` the operators' port, None if they have none.
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

        Both may be unavailable: then they are retried, and `waits_for` gives the store's reason.
        """
        await self.store.open()
        await self.limiter.open()
        for companion in self._companions:
            companion.start()

    @property
    def waits_for(self) -> str:
        """Why the service is not ready yet, for an operator; empty once it is."""
        return self._awaited.waits_for

    @property
    def observes_connections(self) -> bool:
        """Whether events of single connections are logged."""
        return self.logs.logger(HTTP).enabled(Level.DEBUG)

    async def ready(self) -> None:
        """Return once the store is available; raises `StoreError` if only an operator can help."""
        await self._awaited.there()

    def drain(self) -> None:
        """From now on readiness is 503, and every answer closes its connection."""
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
        """Close the store and flush the logs."""
        for companion in self._companions:
            await companion.stop()
        await self.limiter.close()
        await self.store.close()
        self.logs.flush()
