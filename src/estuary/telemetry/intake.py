"""Intake: where log lines are taken in; apart from what writes them, for this is compiled."""

from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

LineT = TypeVar("LineT")

GATHER_LINES: Final = 1024


class Intake(Generic[LineT]):
    """Takes lines for a thread, of which at most `max_waiting` wait for it in `queue`.

    The queue wakes the thread with the first line of a batch, and takes the others as a list would. `start`
    starts the thread, `hurry` has it collect lines no longer, `drop` counts one that is not taken.
    """

    def __init__(
        self,
        max_waiting: int,
        start: Callable[[], None],
        hurry: Callable[[], None],
        drop: Callable[[], None],
    ) -> None:
        self._max_waiting: Final = max_waiting
        self._start = start
        self._hurry = hurry
        self._drop = drop
        self.start_over()

    def start_over(self) -> None:
        """Leave what waits, if anything, to another process."""
        self.queue: SimpleQueue[Any] = SimpleQueue()
        # Bound once: to find a method by its name takes as many instructions as to call it.
        self._waiting: Callable[[], int] = self.queue.qsize
        self._queue_line: Callable[[LineT], None] = self.queue.put
        self.closed = False
        self.started = False

    def write(self, line: LineT, urgent: bool = False) -> None:
        """Take one line; returns at once and never raises."""
        waiting = self._waiting()
        if waiting >= self._max_waiting or self.closed:
            self._drop()
            return
        self._queue_line(line)
        if not self.started:
            self._start()
        if urgent or waiting == GATHER_LINES:
            self._hurry()
