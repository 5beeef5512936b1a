"""Work goes on when those who wait for it leave, and its failure is then no error of anybody's."""

import asyncio
import gc
from typing import Any

import pytest

from estuary.stores.shielding import ShieldedTasks, outcome_of


class Work:
    """Ends when it is told to, as it is told to."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.failure: Exception | None = None
        self.ended = False

    async def run(self) -> str:
        """Wait, then end."""
        await self.gate.wait()
        self.ended = True
        if self.failure is not None:
            raise self.failure
        return "done"


@pytest.fixture
def work() -> Work:
    """Not begun."""
    return Work()


async def leave(waiting: "asyncio.Task[str]") -> None:
    """Cancel who waits, once it does."""
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_caller_that_waits_gets_the_outcome(work: Work) -> None:
    """Also where another one left meanwhile."""
    task = ShieldedTasks().begin(work.run())
    first, second = (asyncio.create_task(outcome_of(task)) for _ in range(2))
    await leave(first)
    work.gate.set()
    assert "done" == await second == await outcome_of(task)


async def test_a_failure_is_for_all_who_wait(work: Work) -> None:
    """Each of them has it raised."""
    work.failure = ValueError("x")
    task = ShieldedTasks().begin(work.run())
    waiting = [asyncio.create_task(outcome_of(task)) for _ in range(2)]
    work.gate.set()
    assert [work.failure] * 2 == await asyncio.gather(*waiting, return_exceptions=True)


async def test_nothing_holds_it_but_itself(work: Work) -> None:
    """The loop alone would let a task be collected on its way."""
    shielded = ShieldedTasks()
    await leave(asyncio.create_task(outcome_of(shielded.begin(work.run()))))
    gc.collect()
    work.gate.set()
    await asyncio.sleep(0)
    assert work.ended


async def test_a_failure_without_a_waiting_caller_is_not_logged(work: Work) -> None:
    """Those whom it would have concerned have hung up."""
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    work.failure = ValueError("x")
    await leave(asyncio.create_task(outcome_of(ShieldedTasks().begin(work.run()))))
    work.gate.set()
    for _ in range(3):
        await asyncio.sleep(0)
        gc.collect()
    assert work.ended
    assert [] == reported
