"""Writers of the same record: they take turns once they got in each other's way, and then pause in between.

Where each reads the record and writes to the version that it read, one of many succeeds at a time, and all
others have to repeat their work. Writers of one worker therefore queue up; between workers, and for others
who never queue, randomised pauses help.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Final, Self
from weakref import WeakValueDictionary

from estuary.core.errors import WriteContention
from estuary.core.record import Place

SECONDS: Final = 5.0
"""How long a write is tried: what the database may take for one operation, unless that is configured."""
FIRST_PAUSE: Final = 0.004
LONGEST_PAUSE: Final = 0.25
"""Seconds; a pause may be twice as long after each attempt."""


class Contention:
    """The queues of one worker; `monotonic` is its clock, in seconds, as is what `sleep` is given."""

    def __init__(
        self, monotonic: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._turns: WeakValueDictionary[Place, asyncio.Lock] = WeakValueDictionary()

    def attempts(self) -> "ContendedAttempts":
        """The attempts at one write."""
        return ContendedAttempts(self._monotonic, self._sleep, self._turn)

    def _turn(self, place: Place) -> asyncio.Lock:
        """The turn of who writes there; it lives as long as anybody waits for it, or has it."""
        turn = self._turns.get(place)
        if turn is None:
            turn = self._turns[place] = asyncio.Lock()
        return turn


class ContendedAttempts:
    """Implements `Attempts`."""

    __slots__ = ("_end", "_longest", "_monotonic", "_sleep", "_turn", "_turn_at")

    def __init__(
        self,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        turn_at: Callable[[Place], asyncio.Lock],
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._turn_at = turn_at
        self._turn: asyncio.Lock | None = None
        self._longest = FIRST_PAUSE
        self._end = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Let the next have its turn."""
        if self._turn is not None:
            self._turn.release()

    async def lost(self, place: Place) -> None:
        """Wait for a turn, the first time; after that for a random time: full jitter."""
        now = self._monotonic()
        if self._turn is None:
            self._end = now + SECONDS
            self._turn = await _taken(self._turn_at(place))
            return
        import random  # rarely asked for, it brings several modules into every worker

        seconds = random.uniform(0, self._longest)  # noqa: S311 (it spreads load, nothing secret)
        if now + seconds > self._end:
            raise WriteContention
        self._longest = min(2 * self._longest, LONGEST_PAUSE)
        await self._sleep(seconds)


async def _taken(turn: asyncio.Lock) -> asyncio.Lock:
    """`turn`, when it has come; raises `WriteContention` where it does not come in time."""
    if turn.locked():
        try:
            await asyncio.wait_for(turn.acquire(), SECONDS)
        except TimeoutError:
            raise WriteContention from None
    else:
        await turn.acquire()
    return turn
