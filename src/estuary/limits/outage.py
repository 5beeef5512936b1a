"""What happens while requests cannot be counted where they should be: `local`, `allow` or `deny`."""

from collections.abc import Awaitable, Callable

from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable
from estuary.core.ports import RateLimiter


class Sheltered:
    """Asks `limiter`, and `otherwise` for as long as that is unavailable.

    It adds no wait of its own: a limiter that is unavailable says so at once, or in the time that it bounds
    itself.
    """

    def __init__(self, limiter: RateLimiter, otherwise: Callable[[str], Awaitable[Decision]]) -> None:
        self.limit = limiter.limit
        self.window = limiter.window
        self.open = limiter.open
        self.close = limiter.close
        self._hit = limiter.hit
        self._otherwise = otherwise

    async def hit(self, client: str) -> Decision:
        """Count a request of `client` if it may pass, and say so."""
        try:
            return await self._hit(client)
        except LimiterUnavailable:
            return await self._otherwise(client)


def counting_locally(limiter: RateLimiter, local: RateLimiter) -> RateLimiter:
    """`limiter`; in an outage each machine counts by itself, from nothing, up to the same limit."""
    return Sheltered(limiter, local.hit)


def allowing(limiter: RateLimiter) -> RateLimiter:
    """`limiter`; in an outage everything passes."""

    async def allow(_: str) -> Decision:
        return Decision(allowed=True, remaining=limiter.limit, resets_in=0.0)

    return Sheltered(limiter, allow)
