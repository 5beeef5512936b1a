"""No caller waits longer than the timeout."""

import asyncio

import pytest

from estuary.core.errors import StoreUnavailable
from estuary.stores.deadlines import Deadlines


async def test_a_future_that_does_not_settle_fails() -> None:
    """Every future that was added fails in its turn, also after the timer had run out before."""
    deadlines = Deadlines(0.01, lambda: StoreUnavailable("late"))
    loop = asyncio.get_running_loop()

    for _ in range(2):
        futures = [loop.create_future() for _ in range(2)]
        for future in futures:
            deadlines.add(future)
        for future in futures:
            with pytest.raises(StoreUnavailable, match="late"):
                await future


async def test_each_future_has_its_own_deadline() -> None:
    """One that was added later fails later, by the same timer."""
    deadlines = Deadlines(0.02, lambda: StoreUnavailable("late"))
    loop = asyncio.get_running_loop()
    first, second = loop.create_future(), loop.create_future()
    deadlines.add(first)
    loop.call_later(0.01, deadlines.add, second)

    await asyncio.wait([first])
    assert not second.done()
    await asyncio.wait([second])
    assert [StoreUnavailable] * 2 == [type(future.exception()) for future in (first, second)]


async def test_settled_futures_are_left_alone() -> None:
    """A result in time stays, and does not keep later futures from failing."""
    deadlines = Deadlines(0.01, lambda: StoreUnavailable("late"))
    loop = asyncio.get_running_loop()
    settled, late = loop.create_future(), loop.create_future()
    deadlines.add(settled)
    deadlines.add(late)
    settled.set_result("in time")
    deadlines.forget_settled()

    with pytest.raises(StoreUnavailable):
        await late
    assert "in time" == await settled
