"""Condensed: keeps what may come in floods from filling the log."""

from estuary.core.ports import Clock


class Condensed:
    """Something that may happen often but is told at most once in so many `seconds`."""

    def __init__(self, clock: Clock, seconds: float = 1.0) -> None:
        self._monotonic = clock.monotonic
        self._seconds = seconds
        self._count = 0
        self._due_at = clock.monotonic()

    def due(self) -> int:
        """Count once more: how often it happened since it was last told, 0 when that is too soon."""
        self._count += 1
        now = self._monotonic()
        if now < self._due_at:
            return 0
        count, self._count = self._count, 0
        self._due_at = now + self._seconds
        return count
