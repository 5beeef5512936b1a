"""The rate limit's fields: what is left, and in how many seconds there is more."""

import pytest

from estuary.core.allowance import Decision
from estuary.core.observations import Observation
from estuary.http.errors import RateLimited
from estuary.http.guards.rate_limit import RateLimit
from estuary.http.header_fields import Fields
from estuary.http.messages import Request, Route
from estuary.limits.local_limiter import LocalRateLimiter
from tests.support.clocks import SettableClock


class Deciding:
    """A rate limiter of an hour's window that has decided."""

    limit = 1000
    window = 3600.0

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

    async def open(self) -> None:
        """There is nothing to open."""

    async def close(self) -> None:
        """There is nothing to close."""

    def hit(self, client: str, cost: int = 1) -> Decision:  # noqa: ARG002 - the port's signature
        """What was decided."""
        return self._decision


def ignore(_: Observation) -> None:
    """Take no note."""


@pytest.mark.parametrize(
    ("resets_in", "message"),
    [(0.0, 0), (0.001, 1), (1.0, 1), (59.2, 60), (299.5, 300), (300.0, 300), (300.1, 301), (3600.0, 3600)],
)
def test_the_reset_is_told_in_whole_seconds_rounded_up(resets_in: float, message: int) -> None:
    """However far away it is: the lines for the near ones are ready, those for the others are made."""
    request = Request("GET", "/x", "", Fields(), "192.0.2.1:80")
    request.route = Route("/x", {})
    request.reply_lines = "x-request-id: 1\r\n"
    assert RateLimit(Deciding(Decision(True, 12_345, resets_in)), ignore).check(request) is None
    assert (
        "x-request-id: 1\r\nx-ratelimit-limit: 1000\r\n"
        'ratelimit-policy: "default";q=1000;w=3600\r\n'
        f"x-ratelimit-remaining: 12345\r\nx-ratelimit-reset: {message}\r\n"
        f'ratelimit: "default";r=12345;t={message}\r\n'
    ) == request.reply_lines


def test_what_is_charged_beside_passes_after_the_time_that_is_told() -> None:
    """All of the limit at once, too, although the request that was refused was counted itself."""
    clock = SettableClock()
    guard = RateLimit(LocalRateLimiter(10, 60.0, 8, clock.monotonic), ignore)

    def send() -> object:
        request = Request("POST", "/x", "", Fields(), "192.0.2.1:80")
        request.route = Route("/x", {})
        assert guard.check(request) is None
        return guard.charge(request, 9)

    assert send() is None
    clock.advance(60.0)
    early = Request("GET", "/x", "", Fields(), "192.0.2.1:80")
    early.route = Route("/x", {})
    assert guard.check(early) is None
    clock.advance(25.0)
    refused = send()
    assert isinstance(refused, RateLimited)
    assert 60.0 == refused.resets_in
    clock.advance(refused.resets_in)
    assert send() is None
