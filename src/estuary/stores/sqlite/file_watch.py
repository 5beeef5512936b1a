"""Looks at the files of an open database, ten times a second, and at once where a commit found one lost."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from estuary.core.errors import StoreUnavailable

WATCH_INTERVAL = 0.1
"""Seconds between two looks at the files: so long a read may still be answered from one that is gone."""


class FileWatch:
    """Calls `look` from `start` to `stop`; where that raises, `recover` is awaited before the next look.

    A timer calls it: a task that sleeps between looks costs four times as much as the looks themselves.
    """

    def __init__(
        self, look: Callable[[], None], recover: Callable[[StoreUnavailable], Awaitable[None]]
    ) -> None:
        self._look = look
        self._recover = recover
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._recovery: asyncio.Task[None] | None = None

    @property
    def is_on(self) -> bool:
        """Whether it was started and not stopped."""
        return self._loop is not None

    def start(self) -> None:
        """Look from now on."""
        self._loop = asyncio.get_running_loop()
        self._wait(self._loop)

    def look_soon(self) -> None:
        """In any thread: look without waiting for the next time."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._look_early)

    async def stop(self) -> None:
        """Look no more; a recovery that goes on is cancelled."""
        self._loop = None
        self._cancel_timer()
        recovery, self._recovery = self._recovery, None
        if recovery is not None:
            recovery.cancel()
            with suppress(asyncio.CancelledError):
                await recovery

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(WATCH_INTERVAL, self._look_now, loop)

    def _cancel_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _look_early(self) -> None:
        # Without a timer a recovery goes on, which ends with the files as they are then.
        if self._loop is not None and self._timer is not None:
            self._cancel_timer()
            self._look_now(self._loop)

    def _look_now(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        try:
            self._look()
        except StoreUnavailable as lost:
            self._recovery = loop.create_task(self._recover_and_go_on(loop, lost))
        else:
            self._wait(loop)

    async def _recover_and_go_on(self, loop: asyncio.AbstractEventLoop, lost: StoreUnavailable) -> None:
        await self._recover(lost)
        self._recovery = None
        self._wait(loop)
