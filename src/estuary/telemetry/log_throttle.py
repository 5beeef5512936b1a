"""A log throttle: at most one line in a given time about events that may come in floods."""

from estuary.core.ports import Clock


class LogThrottle:
    """Counts events of one kind; a line about them is due at most once in `seconds`."""

    def __init__(self, clock: Clock, seconds: float = 1.0) -> None:
        self._monotonic = clock.monotonic
        self._seconds = seconds
        self._count = 0
        self._due_at = clock.monotonic()

    def due(self) -> int:
        """Count one event: the number since the last line if another is due now, else 0."""
        self._count += 1
        now = self._monotonic()
        if now < self._due_at:
            return 0
        count, self._count = self._count, 0
        self._due_at = now + self._seconds
        return count
