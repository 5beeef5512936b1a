"""Fairness between the workers that write to one file: one that has just written lets another go first.

SQLite's lock goes to the process that asks in the right moment. A worker with many writes waiting asks
again within microseconds of its commit, and one that looks every few milliseconds may starve for seconds.
"""

from estuary.shared_memory import Words


class WriterFairness:
    """What a worker shows the others, and sees of them: words in `waiting`, of which `number` is its own.

    A word is 1 while its worker waits for the lock.
    """

    def __init__(self, waiting: Words, number: int) -> None:
        self._waiting = waiting
        self._number = number
        self._others = [each for each in range(len(waiting)) if each != number]
        self.waits(waiting=False)

    @property
    def is_due(self) -> bool:
        """Whether another worker waits for the lock."""
        return any(self._waiting[each] for each in self._others)

    def waits(self, *, waiting: bool) -> None:
        """Let the others know whether this worker waits for the lock."""
        self._waiting[self._number] = int(waiting)


def sole_writer() -> WriterFairness:
    """Fairness of a process that shares the file with no other worker."""
    return WriterFairness([0], 0)
