"""The rate limit: counts a client's requests, and says on every answer how many are left."""

import math
from collections.abc import Awaitable
from typing import Final

from estuary.core.allowance import Decision
from estuary.core.awaiting import then
from estuary.core.decimals import decimal
from estuary.core.observations import RateLimitExceeded
from estuary.core.ports import Observer, RateLimiter
from estuary.http.errors import RateLimited
from estuary.http.messages import Guard, Request, Verdict, line

_READY_SECONDS: Final = 300


class _Reset:
    """What the fields say of a reset in so many seconds, `before` what is left and `behind` it."""

    __slots__ = ("before", "behind")

    def __init__(self, seconds: int) -> None:
        self.before: Final = f'\r\nx-ratelimit-reset: {seconds}\r\nratelimit: "default";r='
        self.behind: Final = f";t={seconds}\r\n"


class RateLimit(Guard):
    """Asks the limiter for every request on a limited route, and for every one that is refused unread.

    Beside the `X-RateLimit-*` fields stand those of the IETF draft "RateLimit header fields for HTTP".
    """

    def __init__(self, limiter: RateLimiter, observe: Observer) -> None:
        self._hit = limiter.hit
        self._observe = observe
        policy = f'"default";q={limiter.limit};w={math.ceil(limiter.window)}'
        constant = line("x-ratelimit-limit", limiter.limit) + line("ratelimit-policy", policy)
        self._window = limiter.window
        self._constant = f"{constant}x-ratelimit-remaining: "
        ready = min(math.ceil(limiter.window), _READY_SECONDS) + 1
        self._resets = [_Reset(seconds) for seconds in range(ready)]

    def check(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """Let the request pass or give back `RateLimited`; at once where the limiter decides at once."""
        if not request.route.limited and request.refusal is None:
            return None
        decision = self._hit(request.client.key)
        if isinstance(decision, Decision):
            return self._act(decision, request)
        return self._later(request, decision)

    def charge(self, request: Request, cost: int) -> Verdict | Awaitable[Verdict]:
        """Count `cost` more requests for one that was let pass, all of them or none; returns what is left.

        Where none is counted, the one that was let pass stays so, for its body was read: that costs us.
        """
        request.reply_lines = request.reply_lines.partition(self._constant)[0]
        decision = self._hit(request.client.key, cost)
        if isinstance(decision, Decision):
            return self._charged(decision, request)
        return self._charged_later(request, decision)

    def _charged_later(self, request: Request, decision: Awaitable[Decision]) -> Awaitable[Verdict]:
        return then(decision, lambda made: self._charged(made, request))

    def _charged(self, decision: Decision, request: Request) -> Verdict:
        if self._act(decision, request) is None:
            return None
        # By when so many fit, the one that was counted included, is known for certain of a whole window.
        return RateLimited(self._window)

    def _later(self, request: Request, decision: Awaitable[Decision]) -> Awaitable[Verdict]:
        # Apart, for what a nested function needs is made on every call of the function around it.
        return then(decision, lambda made: self._act(made, request))

    def _act(self, decision: Decision, request: Request) -> Verdict:
        remaining, seconds = decimal(decision.remaining), _whole(decision.resets_in)
        reset = self._resets[seconds] if 0 <= seconds < len(self._resets) else _Reset(seconds)
        request.reply_lines = (
            f"{request.reply_lines}{self._constant}{remaining}{reset.before}{remaining}{reset.behind}"
        )
        if decision.allowed:
            return None
        self._observe(RateLimitExceeded(request.client.address))
        return RateLimited(decision.resets_in)


class SubjectRateLimit(RateLimit):
    """Asks the limiter a second time, for the subject of each request that has one, from any address.

    It comes after authentication: the limit of the address was counted before. What is left by the
    subject's takes the place of what was told of that.
    """

    def check(self, request: Request) -> Verdict | Awaitable[Verdict]:
        """Let the request pass or give back `RateLimited`; a request without a subject passes."""
        return self.charge(request, 1) if request.route.limited else None

    def charge(self, request: Request, cost: int) -> Verdict | Awaitable[Verdict]:
        """Count `cost` requests of the subject, all of them or none; returns what is left."""
        if request.subject is None:
            return None
        request.reply_lines = request.reply_lines.partition(self._constant)[0]
        decision = self._hit(f"subject:{request.subject}", cost)
        several = cost > 1
        if isinstance(decision, Decision):
            return self._charged(decision, request) if several else self._act(decision, request)
        return self._charged_later(request, decision) if several else self._later(request, decision)


def _whole(seconds: float) -> int:
    """`seconds` rounded up."""
    floor = int(seconds)
    return floor if floor >= seconds else floor + 1
