"""Beginning a coroutine at once, and making it a task only if it has to wait.

Most requests are answered without waiting for anything; a task for each would cost a tenth of their time.
Python 3.12 has eager tasks for this (`eager_start=True`); this does the same on 3.11 too, with what asyncio
documents for third-party tasks (Extending asyncio, "Task lifetime support").
"""

import asyncio
from asyncio.tasks import _enter_task, _leave_task  # the documented hooks; only their names are underscored
from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Beginner:
    """Stands in for the task of a coroutine that has not had to wait yet.

    Whatever takes hold of the current task (`asyncio.timeout`, say) gets this, and reaches the task through
    it when there is one.
    """

    __slots__ = ("task",)

    def __init__(self) -> None:
        self.task: asyncio.Task[Any] | None = None

    def cancel(self, msg: object = None) -> bool:
        return self.task is not None and self.task.cancel(msg)

    def cancelling(self) -> int:
        return 0 if self.task is None else self.task.cancelling()

    def uncancel(self) -> int:
        return 0 if self.task is None else self.task.uncancel()


def begin(coro: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> "T | asyncio.Task[T]":
    """The outcome of `coro` when it does not have to wait, else the task that goes on with it.

    To be called from a callback of `loop`, outside of any task. Raises what the coroutine raises.
    """
    beginner = _Beginner()
    _enter_task(loop, beginner)  # type: ignore[arg-type]  # documented for whatever is like a task
    try:
        awaited = coro.send(None)
    except StopIteration as done:
        outcome: T = done.value
        return outcome
    finally:
        _leave_task(loop, beginner)  # type: ignore[arg-type]  # as above
    beginner.task = task = loop.create_task(_go_on(coro, awaited))
    return task


async def _go_on(coro: Coroutine[Any, Any, T], awaited: Any) -> T:
    """The rest of `coro`, which waits for `awaited`: since Python 3.12 no generator passes for this."""
    return await _rest(coro, awaited)


@coroutine
def _rest(coro: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    try:
        while True:
            try:
                got = yield awaited
            except GeneratorExit:
                coro.close()
                raise
            except BaseException as error:  # noqa: BLE001 - passed on: the coroutine decides
                awaited = coro.throw(error)
            else:
                awaited = coro.send(got)
    except StopIteration as done:
        outcome: T = done.value
        return outcome
