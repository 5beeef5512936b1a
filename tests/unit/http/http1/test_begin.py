"""Beginning a coroutine: at once where it need not wait, else as a task that does all that a task does."""

import asyncio
import inspect
from collections.abc import Coroutine
from typing import Any

import pytest

from estuary.http.http1.begin import begin


async def outside_of_any_task(coro: Coroutine[Any, Any, str]) -> str | asyncio.Task[str]:
    """What `begin` gives in a callback of the loop, which is where it is to be called."""
    loop = asyncio.get_running_loop()
    given: asyncio.Future[str | asyncio.Task[str]] = loop.create_future()
    loop.call_soon(lambda: given.set_result(begin(coro, loop)))
    return await given


async def waiting(gate: asyncio.Future[str]) -> str:
    """Says what the gate says, in time."""
    async with asyncio.timeout(10):
        return f"passed {await gate}"


async def test_what_need_not_wait_is_done_at_once() -> None:
    """No task is made of it."""

    async def at_once() -> str:
        return "done"

    assert "done" == await outside_of_any_task(at_once())


async def test_what_waits_goes_on_as_a_task() -> None:
    """A real coroutine is in it: loops of Python 3.12 and later take no generator for one."""
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = await outside_of_any_task(waiting(gate))
    assert isinstance(task, asyncio.Task)
    assert inspect.iscoroutine(task.get_coro())
    gate.set_result("by")
    assert "passed by" == await task


async def test_what_is_raised_comes_out() -> None:
    """An error that it waits for reaches the coroutine, and then those who wait for the task."""
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = await outside_of_any_task(waiting(gate))
    assert isinstance(task, asyncio.Task)
    gate.set_exception(LookupError("gone"))
    with pytest.raises(LookupError, match="gone"):
        await task


async def test_it_can_be_cancelled() -> None:
    """As any task can; what it waited for is cancelled, too."""
    gate: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = await outside_of_any_task(waiting(gate))
    assert isinstance(task, asyncio.Task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.cancelled()
