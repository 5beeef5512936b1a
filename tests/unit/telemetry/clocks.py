"""A clock for tests."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 1, 2, 12, 0, 0, 123456, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved; begins at noon and at 1000 s."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        """Noon, and what has passed since."""
        return NOON + timedelta(seconds=self.seconds - 1000.0)

    def timestamp(self) -> float:
        """The same as seconds since the epoch."""
        return self.now().timestamp()

    def monotonic(self) -> float:
        """The seconds it was set to."""
        return self.seconds
