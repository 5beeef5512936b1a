"""The rate limit counted in this process."""

from collections.abc import Callable
from typing import Protocol

from estuary.core.allowance import Decision
from estuary.limits.clients import SHARED_COUNTERS, Clients


class _Hit(Protocol):
    """`RateLimiter.hit`, answered at once."""

    def __call__(self, client: str, cost: int = 1) -> Decision: ...


class LocalRateLimiter:
    """Counts requests by client in this process, in memory that `Clients` bounds.

    `window` is in seconds of the clock `monotonic`.
    """

    def __init__(
        self,
        limit: int,
        window: float,
        max_clients: int,
        monotonic: Callable[[], float],
        *,
        shared_counters: int = SHARED_COUNTERS,
    ) -> None:
        self.limit = limit
        self.window = window
        self._clients = Clients(limit, window, max_clients, monotonic, shared_counters=shared_counters)
        self.hit: _Hit = self._clients.hit
        self.wait: Callable[[str], float] = self._clients.wait

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""
