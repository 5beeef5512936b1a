"""What happens while requests cannot be counted where they should be: `local`, `allow` or `deny`."""

from collections.abc import Callable

from estuary.core.allowance import Decision
from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import LimiterUnavailable
from estuary.core.ports import RateLimiter


class FallbackLimiter:
    """Asks `limiter`, and `fallback` for as long as that is unavailable.

    It adds no wait of its own: a limiter that is unavailable says so at once, or in the time that it bounds
    itself.
    """

    def __init__(
        self, limiter: RateLimiter, fallback: Callable[[str, int], MaybeAwaitable[Decision]]
    ) -> None:
        self.limit = limiter.limit
        self.window = limiter.window
        self.open = limiter.open
        self.close = limiter.close
        self._hit = limiter.hit
        self._fallback = fallback

    async def hit(self, client: str, cost: int = 1) -> Decision:
        """Count `cost` requests of `client` if all of them may pass, else none, and say which."""
        try:
            return await settled(self._hit(client, cost))
        except LimiterUnavailable:
            return await settled(self._fallback(client, cost))


def counting_locally(limiter: RateLimiter, local: RateLimiter) -> RateLimiter:
    """`limiter`; in an outage each machine counts by itself, from nothing, up to the same limit."""
    return FallbackLimiter(limiter, local.hit)


def allowing(limiter: RateLimiter) -> RateLimiter:
    """`limiter`; in an outage everything passes."""

    def allow(_client: str, _cost: int) -> Decision:
        return Decision(allowed=True, remaining=limiter.limit, resets_in=0.0)

    return FallbackLimiter(limiter, allow)
