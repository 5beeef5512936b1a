"""What a limiter promises, wherever it counts."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count

import pytest

from estuary.core.allowance import Decision
from estuary.core.awaiting import settled
from estuary.core.ports import RateLimiter
from estuary.limits.local_limiter import LocalRateLimiter
from tests.contract.limiters.kinds import LIMITERS, LimiterKind, Place

NAMES = count()


@asynccontextmanager
async def opened(limiter: RateLimiter) -> AsyncIterator[RateLimiter]:
    """`limiter`, open while the block runs."""
    await limiter.open()
    try:
        yield limiter
    finally:
        await limiter.close()


@pytest.fixture
def client() -> str:
    """A client that never asked before."""
    return f"192.0.2.{next(NAMES)}"


def passed(decisions: Sequence[Decision]) -> int:
    """How many were let pass."""
    return sum(decision.allowed for decision in decisions)


async def test_a_burst_is_counted_to_the_request(kind: LimiterKind, place: Place, client: str) -> None:
    """What remains falls by one each, the one after the last is refused, and told when to come again."""
    async with opened(place.limiter(3, kind.length)) as limiter:
        burst = [await settled(limiter.hit(client)) for _ in range(5)]
    assert [(True, 2), (True, 1), (True, 0), (False, 0), (False, 0)] == [
        (decision.allowed, decision.remaining) for decision in burst
    ]
    assert all(0 < decision.resets_in <= kind.length for decision in burst)


async def test_it_tells_its_limit_and_window(kind: LimiterKind, place: Place) -> None:
    """For the headers that show them to a client."""
    limiter = place.limiter(3, kind.length)
    assert (3, kind.length) == (limiter.limit, limiter.window)


async def test_requests_at_one_time_are_counted_apart(kind: LimiterKind, place: Place, client: str) -> None:
    """Of many that ask at once, as many pass as may, and no two get the same remainder."""
    async with opened(place.limiter(20, kind.length)) as limiter:
        decisions = await asyncio.gather(*(settled(limiter.hit(client)) for _ in range(50)))
    assert 20 == passed(decisions)
    assert list(range(20)) == sorted(each.remaining for each in decisions if each.allowed)


async def test_a_cost_passes_whole_or_not_at_all(place: Place, client: str) -> None:
    """What does not fit uses nothing: a cheaper one after it may pass."""
    async with opened(place.limiter(10, 60.0)) as limiter:
        asked = [await settled(limiter.hit(client, cost)) for cost in (4, 4, 3, 2, 1)]
    assert [(True, 6), (True, 2), (False, 2), (True, 0), (False, 0)] == [
        (decision.allowed, decision.remaining) for decision in asked
    ]
    assert all(0 < decision.resets_in <= 60.0 for decision in asked)


async def test_costs_asked_at_one_time_are_decided_in_their_order(place: Place, client: str) -> None:
    """As if each had waited for the one before: none overtakes another, of whatever cost it is."""
    costs = [3, 3, 1, 1, 5, 1, 1, 8, 2, 2, 2, 1, 9, 1, 1]
    model = LocalRateLimiter(20, 60.0, 1, lambda: 0.0)
    expected = [model.hit(client, cost) for cost in costs]
    async with opened(place.limiter(20, 60.0)) as limiter:
        decisions = await asyncio.gather(*(settled(limiter.hit(client, cost)) for cost in costs))
    assert [(each.allowed, each.remaining) for each in expected] == [
        (each.allowed, each.remaining) for each in decisions
    ]


async def test_costs_of_many_clients_are_counted_as_one_process_would(place: Place, client: str) -> None:
    """In any order and any number at a time: no client learns anything of another."""
    dice = random.Random(12)  # noqa: S311 - the same sequence each time
    model = LocalRateLimiter(30, 60.0, 100, lambda: 0.0)
    async with opened(place.limiter(30, 60.0)) as limiter:
        for _ in range(40):
            asked = [
                (f"{client}-{dice.randrange(8)}", dice.choice((1, 1, 1, 2, 5, 31)))
                for _ in range(dice.randrange(1, 20))
            ]
            expected = [model.hit(name, cost) for name, cost in asked]
            decisions = await asyncio.gather(*(settled(limiter.hit(name, cost)) for name, cost in asked))
            assert [(each.allowed, each.remaining) for each in expected] == [
                (each.allowed, each.remaining) for each in decisions
            ]


async def test_a_cost_above_the_limit_never_passes(kind: LimiterKind, place: Place, client: str) -> None:
    """Asked first, after others, or when all of them count no more; it uses nothing."""
    async with opened(place.limiter(3, kind.length)) as limiter:
        first = await settled(limiter.hit(client, 4))
        others = [await settled(limiter.hit(client, cost)) for cost in (2, 4)]
        await place.pass_time(kind.length)
        last = await settled(limiter.hit(client, 4))
        after = await settled(limiter.hit(client, 3))
    assert [(False, 3), (True, 1), (False, 1), (False, 3), (True, 0)] == [
        (decision.allowed, decision.remaining) for decision in (first, *others, last, after)
    ]
    assert [kind.length] * 2 == pytest.approx([first.resets_in, last.resets_in])
    assert all(0 < decision.resets_in <= kind.length for decision in others)


async def test_a_cost_is_given_back_at_once(kind: LimiterKind, place: Place, client: str) -> None:
    """All of it, when it leaves the window."""
    async with opened(place.limiter(6, kind.length)) as limiter:
        await settled(limiter.hit(client, 5))
        refused = await settled(limiter.hit(client, 2))
        assert (False, 1) == (refused.allowed, refused.remaining)
        await place.pass_time(refused.resets_in)
        decision = await settled(limiter.hit(client, 2))
    assert (True, 4) == (decision.allowed, decision.remaining)


@pytest.mark.parametrize("cost", [0, -1])
async def test_a_cost_must_be_positive(kind: LimiterKind, place: Place, client: str, cost: int) -> None:
    """Less would give requests back; nothing is counted for it."""
    async with opened(place.limiter(3, kind.length)) as limiter:
        with pytest.raises(ValueError, match="cost must be positive"):
            await settled(limiter.hit(client, cost))
        decision = await settled(limiter.hit(client))
    assert (True, 2) == (decision.allowed, decision.remaining)


async def test_clients_do_not_affect_each_other(kind: LimiterKind, place: Place, client: str) -> None:
    """Each has its own allowance, also where they ask at the same time."""
    clients = [f"{client}-{name}" for name in ("a", "b", "c")] * 4
    async with opened(place.limiter(3, kind.length)) as limiter:
        decisions = await asyncio.gather(*(settled(limiter.hit(each)) for each in clients))
    assert [True] * 9 + [False] * 3 == [decision.allowed for decision in decisions]


@pytest.mark.parametrize("odd", ["", " ", "::1%eth0", "a\r\nb $1\r\n", "'; DROP TABLE x;--", "ü" * 300])
async def test_any_text_is_a_client(kind: LimiterKind, place: Place, client: str, odd: str) -> None:
    """Any name that a proxy gives a client is counted, apart from all others."""
    async with opened(place.limiter(1, kind.length)) as limiter:
        decisions = [await settled(limiter.hit(f"{client}{odd}")) for _ in range(2)]
        other = await settled(limiter.hit(f"{client}{odd}x"))
    assert [True, False, True] == [each.allowed for each in (*decisions, other)]


async def test_who_waits_as_told_passes(kind: LimiterKind, place: Place, client: str) -> None:
    """`resets_in` of a refusal is when one more request may pass."""
    async with opened(place.limiter(2, kind.length)) as limiter:
        *_, decision = [await settled(limiter.hit(client)) for _ in range(3)]
        assert not decision.allowed
        await place.pass_time(decision.resets_in)
        assert (await settled(limiter.hit(client))).allowed


async def test_refused_requests_count_for_nothing(kind: LimiterKind, place: Place, client: str) -> None:
    """Who hammers on is admitted as early as who waits."""
    async with opened(place.limiter(1, kind.length)) as limiter:
        await settled(limiter.hit(client))
        refused = await settled(limiter.hit(client))
        again = [await settled(limiter.hit(client)) for _ in range(10)]
        assert not passed(again)
        assert again[-1].resets_in <= refused.resets_in
        await place.pass_time(refused.resets_in)
        assert (await settled(limiter.hit(client))).allowed


async def test_after_a_window_of_silence_everything_is_back(
    kind: LimiterKind, place: Place, client: str
) -> None:
    """Nothing that a client did counts for longer."""
    async with opened(place.limiter(5, kind.length)) as limiter:
        for _ in range(7):
            await settled(limiter.hit(client))
        await place.pass_time(kind.length)
        decision = await settled(limiter.hit(client))
    assert (True, 4) == (decision.allowed, decision.remaining)


async def test_an_allowance_comes_back_bit_by_bit(kind: LimiterKind, place: Place, client: str) -> None:
    """Requests that came half a window apart are given back half a window apart."""
    async with opened(place.limiter(4, kind.length)) as limiter:
        await settled(limiter.hit(client))
        await settled(limiter.hit(client))
        await place.pass_time(kind.length / 2)
        await settled(limiter.hit(client))
        last = await settled(limiter.hit(client))
        assert (True, 0) == (last.allowed, last.remaining)
        await place.pass_time(last.resets_in)
        decision = await settled(limiter.hit(client))
        assert (True, 1) == (decision.allowed, decision.remaining)


@pytest.mark.parametrize("kind", [each for each in LIMITERS if each.replicas], ids=lambda kind: kind.name)
async def test_replicas_have_one_limit_between_them(kind: LimiterKind, place: Place, client: str) -> None:
    """Three that count in one place let pass what one would."""
    assert kind.replicas
    async with AsyncExitStack() as stack:
        replicas = [await stack.enter_async_context(opened(place.limiter(50, 60.0))) for _ in range(3)]
        asked = [settled(replica.hit(client)) for _ in range(40) for replica in replicas]
        decisions = await asyncio.gather(*asked)
    assert 50 == passed(decisions)


async def test_in_no_window_more_than_the_limit_pass(kind: LimiterKind, place: Place, client: str) -> None:
    """Under an overload, however windows are laid; by a clock moved by hand nearly the whole limit does."""
    limit, windows = 40, 4
    moments: list[tuple[float, float]] = []
    elapsed = 0.0
    async with opened(place.limiter(limit, kind.length)) as limiter:
        begun = time.monotonic()
        while elapsed < windows * kind.length:
            asked = time.monotonic()
            decisions = await asyncio.gather(*(settled(limiter.hit(client)) for _ in range(5)))
            reported = time.monotonic()
            step = kind.length / 100
            await place.pass_time(step)
            # By its own clock where that is moved by hand; else by ours, before the question and after it.
            span = (elapsed, elapsed) if kind.by_hand else (asked - begun, reported - begun)
            moments += [span] * passed(decisions)
            elapsed = elapsed + step if kind.by_hand else time.monotonic() - begun
    # A window that held more would hold a request and the one `limit` places after it, for certain.
    assert all(
        last_end - first_begin >= kind.length
        for (first_begin, _), (_, last_end) in zip(moments, moments[limit:], strict=False)
    )
    assert len(moments) >= 0.95 * limit * windows or not kind.by_hand
