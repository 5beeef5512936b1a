"""Line writer: many lines to a file descriptor in few writes, without blocking the caller.

A full pipe or a slow disk blocks its writer, so a thread does that. Lines wait in memory for it,
in bounded number; what does not fit, and what the system refuses (a closed pipe, a full disk), is dropped
and counted. The thread also renders lines that are not bytes yet.
"""

import os
import select
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Generic, cast

from estuary.telemetry.intake import Intake, LineT

_BATCH_SECONDS = 0.1
_MAX_WAITING = 8192
_FULL_PIPE_POLL_SECONDS = 0.1


def join_lines(lines: Sequence[bytes]) -> bytes:
    """Lines that are bytes already, each with its line feed."""
    return b"\n".join([*lines, b""])


class _Mark:
    """A queue entry that is passed once all lines before it are written; the thread ends at the `last`."""

    def __init__(self, *, last: bool) -> None:
        self.passed = threading.Event()
        self.last = last


class LineWriter(Generic[LineT]):
    """Writes lines to `stream`, a file descriptor or a binary stream, as `render` makes bytes of them.

    A batch goes out after 100 ms or 1,024 lines, or at once when a line is `urgent`; at most `max_waiting`
    lines wait. The thread starts with the first line; a process forked from this one starts its own and
    leaves to its parent what waits here. `render` gives every line its line feed and never raises.
    """

    _lock: threading.Lock
    """Held to count a loss, to start the thread, and to mark how far is to be written."""
    _batching: threading.Lock
    """Held unless a batch is due: the thread waits for it while it collects lines."""
    _marks: int
    """How many marks are in the queue."""
    _thread: threading.Thread | None

    def __init__(
        self,
        stream: int | BinaryIO,
        render: Callable[[Sequence[LineT]], bytes],
        *,
        batch_seconds: float = _BATCH_SECONDS,
        max_waiting: int = _MAX_WAITING,
    ) -> None:
        self.dropped = 0
        self.on_drop: Callable[[int], None] = lambda _: None
        """Called at each loss with how many lines it was; never by two threads at once."""
        self._stream = stream
        self._render = render
        self._batch_seconds = batch_seconds
        self._torn = False
        self._intake: Intake[LineT] = Intake(max_waiting, self._start, self.hurry, self._drop)
        self.write = self._intake.write
        self._start_over()
        _start_over_after_fork(self)

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until all lines taken are written or dropped; whether that was within `timeout` seconds."""
        thread = self._thread
        if thread is None:
            return True
        if self._intake.closed:
            thread.join(timeout)
            return not thread.is_alive()
        return self._mark(last=False).passed.wait(timeout)

    def close(self, timeout: float = 1.0) -> bool:
        """As `flush`, and take no more lines; the stream stays open."""
        flushed = self.flush(timeout)
        if not self._intake.closed:
            self._intake.closed = True
            if self._thread is not None:
                self._mark(last=True)
        return flushed

    def _start_over(self) -> None:
        self._intake.start_over()
        self._lock = threading.Lock()
        self._batching = threading.Lock()
        self._batching.acquire()
        self._marks = 0
        self._thread = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
                self._intake.started = True

    def _drop(self, lines: int = 1) -> None:
        with self._lock:
            self.dropped += lines
            self.on_drop(lines)

    def _mark(self, *, last: bool) -> "_Mark":
        """Put a mark into the queue, after all lines so far."""
        mark = _Mark(last=last)
        with self._lock:
            self._marks += 1
        self._intake.queue.put(mark)
        self.hurry()
        return mark

    def hurry(self) -> None:
        """End the time of the batch that is being collected, or else of the next one."""
        with suppress(RuntimeError):  # it was ended already
            self._batching.release()

    def _run(self) -> None:
        ended = False
        while not ended:
            lines, marks = self._next_batch()
            if lines and not self._put(self._render(lines)):
                self._drop(len(lines))
            for mark in marks:
                mark.passed.set()
                ended = ended or mark.last

    def _next_batch(self) -> "tuple[list[LineT], list[_Mark]]":
        """The lines to write next, and the marks among them."""
        queue = self._intake.queue
        first = queue.get()
        self._batching.acquire(timeout=self._batch_seconds)
        batch = [first, *[queue.get_nowait() for _ in range(queue.qsize())]]
        if not self._marks:
            return cast("list[LineT]", batch), []
        marks = [each for each in batch if isinstance(each, _Mark)]
        with self._lock:
            self._marks -= len(marks)
        return [each for each in batch if not isinstance(each, _Mark)], marks

    def _put(self, batch: bytes) -> bool:
        """Write all of `batch`; false when the system refused the whole or a part of it."""
        rest = memoryview(b"\n" + batch if self._torn else batch)
        whole = len(rest)
        while rest:
            try:
                rest = rest[self._put_some(rest) :]
            except (OSError, ValueError):  # ValueError: the stream was closed
                # Half a line may stand there now: the next batch begins on its own line.
                self._torn = len(rest) < whole or self._torn
                return False
        self._torn = False
        return True

    def _put_some(self, data: memoryview) -> int:
        if not isinstance(self._stream, int):
            written = self._stream.write(data)
            self._stream.flush()
            return written
        try:
            return os.write(self._stream, data)
        except BlockingIOError:
            # Another process that shares the descriptor made it non-blocking.
            room = select.poll()
            room.register(self._stream, select.POLLOUT)
            room.poll(_FULL_PIPE_POLL_SECONDS * 1000)
            return 0


def _start_over_after_fork(writer: LineWriter[Any]) -> None:
    alive = weakref.ref(writer)

    def start_over() -> None:
        if (survivor := alive()) is not None:
            survivor._start_over()  # noqa: SLF001 - a part of the class that may not keep it alive

    os.register_at_fork(after_in_child=start_over)
