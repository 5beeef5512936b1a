"""Service: everything that serves requests in one process."""

from estuary.core.ports import RateLimiter, Store
from estuary.http.kernel import Application
from estuary.telemetry.clock import SystemClock
from estuary.telemetry.logs import Logs


class Service:
    """Made by `build`; started, drained, stopped."""

    def __init__(
        self,
        application: Application,
        store: Store,
        limiter: RateLimiter,
        logs: Logs,
        clock: SystemClock,
    ) -> None:
        self.application = application
        self.store = store
        self.limiter = limiter
        self.logs = logs
        self.log = logs.logger("estuary::service")
        self._clock = clock

    async def start(self) -> None:
        """Open the store and the limiter; raises `StoreError` or `LimiterRefused`."""
        await self.store.open()
        await self.limiter.open()

    def drain(self) -> None:
        """From now on readiness is 503 and every answer closes its connection."""
        self.application.draining = True

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
        await self.limiter.close()
        await self.store.close()
        self.logs.flush()
