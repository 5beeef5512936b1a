"""One thread that makes blocking calls in order and hands each outcome back to the event loop."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Call = tuple[Callable[[], Any], asyncio.Future[Any]]


class Executor:
    """A thread called `name`; made on the event loop it answers to.

    It is a daemon: a call that hangs in the kernel must not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def run(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Have the thread make `call` after those before it; the future is its outcome."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._calls.put((call, future))
        return future

    def stop(self) -> None:
        """Let the thread end after the calls it has."""
        self._calls.put(None)

    def _work(self) -> None:
        while (job := self._calls.get()) is not None:
            call, future = job
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 (whatever it is, it belongs to who waits for the call)
                self._report(_fail, future, error)
            else:
                self._report(_finish, future, result)

    def _report(self, settle: Callable[..., None], future: asyncio.Future[Any], outcome: Any) -> None:
        # A loop that is closed has no callers left that wait.
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(settle, future, outcome)


def _finish(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
