"""A clock that tests set."""

import asyncio
from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC)


class SettableClock:
    """Implements `Clock`: stands still until it is moved, and may be set back."""

    def __init__(self, now: datetime = START, monotonic: float = 1000.0) -> None:
        self._now = now
        self._monotonic = monotonic

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def timestamp(self) -> float:
        """The time it was set to, as seconds since the epoch."""
        return self._now.timestamp()

    def monotonic(self) -> float:
        """The seconds that were let pass, from 1000 on."""
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        """Let time pass at once, after others had their turn."""
        await asyncio.sleep(0)
        self.advance(seconds)

    def set(self, now: datetime) -> None:
        """Set the time of day, forwards or back, as an operator would; the monotonic clock goes on."""
        self._now = now

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
