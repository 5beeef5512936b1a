"""Waiting for work that goes on when its caller leaves, as a client does that hangs up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ShieldedTasks:
    """Tasks that are not cancelled with their callers."""

    def __init__(self) -> None:
        # The event loop itself keeps no hold of a task.
        self._tasks: set[asyncio.Task[Any]] = set()

    def begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task that is kept until it ends; that it failed is no matter where all who waited have left."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            # Looked at, or asyncio would log it as an error that was never retrieved.
            task.exception()


async def outcome_of(task: asyncio.Future[T]) -> T:
    """The outcome of `task`, which goes on when the caller is cancelled.

    `asyncio.shield` does that, too, but logs the failure of a task whose waiters have left, although there
    is nothing wrong with that: since Python 3.14 always, before where no other caller has looked at it.
    """
    ended = asyncio.get_running_loop().create_future()

    def report(_: asyncio.Future[T]) -> None:
        if not ended.done():
            ended.set_result(None)

    task.add_done_callback(report)
    try:
        # Not asyncio.wait, which takes longer than the rest of the way to a task and back.
        await ended
    finally:
        task.remove_done_callback(report)
    return task.result()
