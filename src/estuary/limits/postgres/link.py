"""The link to what counts elsewhere: up or down, told at each change, and tried for while it is down."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress

from estuary.core.errors import LimiterRefused, LimiterUnavailable
from estuary.core.observations import LimiterChanged, RetryDue
from estuary.core.ports import Observer

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Link:
    """A link that `connect` makes: it returns when everything was tried that counting needs.

    It raises `LimiterUnavailable`, or `LimiterRefused` where only an operator can help. `store` is what
    people call the other end; `observe` learns when it is lost and when it is back.
    """

    def __init__(self, store: str, connect: Callable[[], Awaitable[None]], observe: Observer) -> None:
        self._store = store
        self._connect = connect
        self._observe = observe
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self.is_up = False
        self.reason = "not connected yet"
        """Why it is down."""

    async def open(self) -> None:
        """Connect, or begin to try; raises `LimiterRefused` where trying again would not help."""
        try:
            await self._connect()
        except LimiterUnavailable as error:
            self._go_down(error.reason)
        else:
            self.is_up = True

    def close(self) -> None:
        """Count as down from now on, and stop reconnecting."""
        self._closed = True
        self.is_up = False
        if self._keeper is not None:
            self._keeper.cancel()

    def lose(self, reason: str) -> None:
        """It is down, if it was up; from now on it is tried for."""
        if self.is_up and not self._closed:
            self._go_down(reason)

    def _go_down(self, reason: str) -> None:
        self.is_up = False
        self.reason = reason
        self._observe(LimiterChanged(self._store, available=False, reason=reason))
        self._keeper = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        """Try for it until it is up, ever less often."""
        pause = _FIRST_PAUSE
        while not self.is_up:
            # Not all workers at once, who lost it at once.
            self._observe(RetryDue(f"the rate limit in {self._store}", pause, self.reason))
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)
            with suppress(LimiterUnavailable, LimiterRefused):
                await self._connect()
                self.is_up = True
        self._observe(LimiterChanged(self._store, available=True))
