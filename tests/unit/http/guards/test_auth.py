"""The guard that asks for tokens, where counting bad ones fails or is overtaken by others."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from estuary.core.access.identity import Identity, Refusal
from estuary.core.access.rights import rights_of
from estuary.core.allowance import Decision
from estuary.core.errors import LimiterUnavailable, Unauthenticated
from estuary.core.observations import AuthFailed, Observation
from estuary.http.errors import RateLimited
from estuary.http.guards.auth import Auth, FailureLimiter, NoFailureLimit
from estuary.http.header_fields import Fields
from estuary.http.messages import Request, Route
from tests.unit.auth.sources import World


class Suspicious:
    """A verifier that accepts no token."""

    def __init__(self) -> None:
        self.looked_at = 0

    def known(self, _: str) -> Identity | None:
        return None

    async def verify(self, _: str, __: str) -> Identity:
        self.looked_at += 1
        raise Unauthenticated(Refusal.SIGNATURE)


class Overtaken:
    """A limiter whose last try somebody else takes while a token is looked at."""

    def wait(self, _: str) -> float:
        return 0.0

    def hit(self, _: str) -> Decision:
        return Decision(allowed=False, remaining=0, resets_in=30.0)


class Stuck:
    """A limiter that cannot say how long to wait: another process was stopped while it counted."""

    def wait(self, _: str) -> float:
        raise LimiterUnavailable("stuck")

    def hit(self, _: str) -> Decision:
        raise LimiterUnavailable("stuck")


class StuckLater(Overtaken):
    """A limiter that cannot count."""

    def hit(self, _: str) -> Decision:
        raise LimiterUnavailable("stuck")


class Asked:
    """The guard with a limiter, asked once: what it observed, and how many tokens were looked at."""

    def __init__(self, failures: FailureLimiter) -> None:
        self.verifier = Suspicious()
        self.observed: list[Observation] = []
        self._guard = Auth(self.verifier, failures, self.observed.append)

    def ask(self) -> object:
        """What becomes of a request with a token."""
        verdict = self._guard.check(asking("Bearer guess"))
        return asyncio.run(verdict) if isinstance(verdict, Coroutine) else verdict


def reasons(asked: Asked) -> list[Any]:
    """Why tokens failed, as it was observed."""
    return [each.reason for each in asked.observed if isinstance(each, AuthFailed)]


def test_a_bad_token_is_told_and_counted() -> None:
    """As such, where nothing limits it."""
    asked = Asked(NoFailureLimit())
    with pytest.raises(Unauthenticated):
        asked.ask()
    assert ([Refusal.SIGNATURE], 1) == (reasons(asked), asked.verifier.looked_at)


def test_one_try_too_many_is_told_nothing() -> None:
    """Many that come at once are looked at together: those beyond the limit are blocked all the same."""
    asked = Asked(Overtaken())
    with pytest.raises(RateLimited) as raised:
        asked.ask()
    assert 30.0 == raised.value.resets_in
    assert [Refusal.BLOCKED] == reasons(asked)


@pytest.mark.parametrize(("failures", "looked_at"), [(Stuck(), 0), (StuckLater(), 1)])
def test_no_guess_goes_uncounted(failures: FailureLimiter, looked_at: int) -> None:
    """Where it cannot be counted, what is wrong with a token is not reported."""
    asked = Asked(failures)
    with pytest.raises(LimiterUnavailable):
        asked.ask()
    assert looked_at == asked.verifier.looked_at


async def test_one_token_is_one_token_however_it_is_spelled() -> None:
    """Capitals and blanks before it do not make another of it: one entry, and one signature verified."""
    world = World()
    await world.source.refresh()
    token = world.token()
    guard = Auth(world.verifier, NoFailureLimit(), lambda _: None)
    spellings = ("Bearer", "bearer", "BEARER", "bEaReR", "Bearer ", "bearer   ")
    waited = []
    for scheme in spellings:
        request = asking(f"{scheme} {token}")
        verdict = guard.check(request)
        waited.append(isinstance(verdict, Coroutine))
        assert (await verdict if isinstance(verdict, Coroutine) else verdict) is None
        assert request.subject is not None
    assert [True, *[False] * 5] == waited
    assert 1 == len(world.verified)


def asking(authorization: str) -> Request:
    """A request on a protected route."""
    fields = Fields()
    fields.add(b"authorization", authorization.encode())
    request = Request("GET", "/x", "", fields, "192.0.2.1:1")
    request.route = Route("/x", {}, rights=rights_of(None, None, None))
    return request
