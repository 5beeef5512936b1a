"""The rate limit: counts a client's requests and tells it on every answer how many are left."""

import math

from estuary.core.errors import RateLimited
from estuary.core.observations import RateLimitExceeded
from estuary.core.ports import Observer, RateLimiter
from estuary.http.messages import Header, Request, Response


class RateLimit:
    """Asks the limiter for every request on a limited route.

    Beside the `X-RateLimit-*` fields stand those of the IETF draft "RateLimit header fields for HTTP".
    """

    def __init__(self, limiter: RateLimiter, observe: Observer) -> None:
        self._hit = limiter.hit
        self._observe = observe
        self._limit: Header = ("x-ratelimit-limit", str(limiter.limit))
        policy = f'"default";q={limiter.limit};w={math.ceil(limiter.window)}'
        self._policy: Header = ("ratelimit-policy", policy)

    async def __call__(self, request: Request) -> Response | None:
        """Let the request pass or raise `RateLimited`."""
        if not request.route.limited:
            return None
        decision = await self._hit(request.client.key)
        remaining, reset = decision.remaining, math.ceil(decision.resets_in)
        request.reply_headers += (
            self._limit,
            ("x-ratelimit-remaining", str(remaining)),
            ("x-ratelimit-reset", str(reset)),
            self._policy,
            ("ratelimit", f'"default";r={remaining};t={reset}'),
        )
        if not decision.allowed:
            self._observe(RateLimitExceeded(request.client.address))
            raise RateLimited(decision.resets_in)
        return None
