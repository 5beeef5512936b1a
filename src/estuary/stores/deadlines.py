"""Futures that all get the same time to settle, watched by one timer."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Deadlines:
    """Fails every future that has not settled `timeout` seconds after it was added.

    All have the same time, so the oldest is due first and one timer is enough for any number of them:
    a timer for each would cost more than the rest of a write's way through the event loop.
    """

    def __init__(self, timeout: float, error: Callable[[], Exception]) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeout = timeout
        self._error = error
        self._watched: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, future: asyncio.Future[Any]) -> None:
        """Watch `future` from now on."""
        due = self._loop.time() + self._timeout
        self._watched.append((due, future))
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._expire)

    def forget_settled(self) -> None:
        """Let go of the oldest futures, as far as they have settled."""
        watched = self._watched
        while watched and watched[0][1].done():
            watched.popleft()

    def cancel(self) -> None:
        """Stop watching."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        now = self._loop.time()
        watched = self._watched
        while watched and (watched[0][0] <= now or watched[0][1].done()):
            _, future = watched.popleft()
            if not future.done():
                future.set_exception(self._error())
        self._timer = self._loop.call_at(watched[0][0], self._expire) if watched else None
