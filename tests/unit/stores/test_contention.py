"""Writers of the same record: a turn for each, then pauses that grow, until the time is over."""

import asyncio

import pytest

from estuary.core.errors import WriteContention
from estuary.core.record import Place
from estuary.stores.contention import FIRST_PAUSE, LONGEST_PAUSE, SECONDS, Contention
from tests.support.clocks import SettableClock

HERE, THERE = Place("items", "1"), Place("items", "2")


async def _pauses() -> list[float]:
    """What one write waits before each attempt, until it is given up."""
    clock, pauses = SettableClock(), list[float]()
    with Contention(clock.monotonic, clock.sleep).attempts() as attempts:
        await attempts.lost(HERE)
        try:
            while True:
                before = clock.monotonic()
                await attempts.lost(HERE)
                pauses.append(clock.monotonic() - before)
        except WriteContention:
            return pauses


async def test_pauses_grow_up_to_a_bound() -> None:
    """Of many writes, none waits longer before an attempt than is allowed then, and most wait less."""
    several = [await _pauses() for _ in range(200)]
    for number in range(10):
        allowed = min(FIRST_PAUSE * 2**number, LONGEST_PAUSE)
        longest = max(pauses[number] for pauses in several)
        assert 0.8 * allowed < longest <= allowed + 1e-9


async def test_attempts_end() -> None:
    """Within their time, after dozens; two writers do not wait alike."""
    pauses = await _pauses()
    assert SECONDS - LONGEST_PAUSE <= sum(pauses) <= SECONDS
    assert 20 < len(pauses) < 100
    assert await _pauses() != pauses


async def test_the_time_begins_with_the_first_conflict() -> None:
    """Whatever the first attempt took."""
    clock = SettableClock()
    with Contention(clock.monotonic, clock.sleep).attempts() as attempts:
        clock.advance(10 * SECONDS)
        await attempts.lost(HERE)
        await attempts.lost(HERE)
        clock.advance(SECONDS)
        with pytest.raises(WriteContention):
            await attempts.lost(HERE)


async def test_one_after_the_other_has_its_turn() -> None:
    """In the order in which they come; who writes elsewhere does not wait."""
    clock = SettableClock()
    contention = Contention(clock.monotonic, clock.sleep)
    at_work, order = list[int](), list[int]()

    async def write(number: int) -> None:
        with contention.attempts() as attempts:
            await attempts.lost(HERE)
            at_work.append(number)
            assert [number] == at_work
            await asyncio.sleep(0)
            at_work.remove(number)
            order.append(number)

    with contention.attempts() as first:
        await first.lost(HERE)
        writes = [asyncio.create_task(write(number)) for number in range(20)]
        await asyncio.sleep(0)
        with contention.attempts() as other:
            await other.lost(THERE)
        writes[3].cancel()
        assert [] == order
    await asyncio.gather(*writes, return_exceptions=True)
    assert [number for number in range(20) if number != 3] == order
