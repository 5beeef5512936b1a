"""Reconnecting with jittered back-off, for clients of servers that may be away."""

import asyncio
import random
from collections.abc import Awaitable, Callable

from estuary.core.errors import EstuaryError

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts, on average: twice as long after each."""


class Reconnector:
    """Whether a connection is up, and the attempts to have it again while it is down.

    `connect` returns when there is a connection on which everything needed was tried. It raises
    `unavailable` where another attempt may succeed, `refused` where an operator has to act first; what they
    say is the reason. `changed` is called at each change with whether there is a connection, or why not,
    and `retrying` before each attempt with the seconds until then and why.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[None]],
        *,
        unavailable: type[EstuaryError],
        refused: type[EstuaryError],
        changed: Callable[[bool, str], None],
        retrying: Callable[[float, str], None],
    ) -> None:
        self._connect = connect
        self._unavailable = unavailable
        self._refused = refused
        self._changed = changed
        self._retrying = retrying
        self._attempts: asyncio.Task[None] | None = None
        self._closed = False
        self.is_up = False
        self.reason = "not connected yet"
        """Why it is down."""

    async def open(self) -> None:
        """Connect, or begin to try; raises `refused`."""
        try:
            await self._connect()
        except self._unavailable as error:
            self._go_down(str(error))
        else:
            self.is_up = True

    def close(self) -> None:
        """Count as down from now on, and end trying."""
        self._closed = True
        self.is_up = False
        self.reason = "it was closed"
        if self._attempts is not None:
            self._attempts.cancel()

    def lost(self, reason: str) -> None:
        """The connection was lost: if it was up, it is down and tried for from now on."""
        if self.is_up and not self._closed:
            self._go_down(reason)

    def _go_down(self, reason: str) -> None:
        self.is_up = False
        self._say_why(reason)
        self._attempts = asyncio.get_running_loop().create_task(self._reconnect())

    def _say_why(self, reason: str) -> None:
        self.reason = reason
        self._changed(False, reason)

    async def _reconnect(self) -> None:
        pause = FIRST_PAUSE
        while not self.is_up:
            self._retrying(pause, self.reason)
            # Workers that lost it at the same time do not all come back at the same time.
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self._connect()
            except self._unavailable:
                continue
            except self._refused as error:
                # Reported once, not at each attempt.
                if str(error) != self.reason:
                    self._say_why(str(error))
            else:
                self.is_up = True
        self._changed(True, "")
