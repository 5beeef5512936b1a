"""Writer: bytes of many lines to a file descriptor, never at the cost of who logs them.

A full pipe or a slow disk blocks whoever writes to it, so a thread does that. Lines wait in memory for it,
in bounded number of bytes; what does not fit, and what the system refuses (a closed pipe, a full disk), is
dropped and counted.
"""

import math
import os
import select
import threading
import weakref
from typing import BinaryIO

_GATHER_SECONDS = 0.05
_GATHER_BYTES = 256 * 1024
_MAX_WAITING_BYTES = 4 * 1024 * 1024
_FULL_PIPE_POLL_SECONDS = 0.1


class LineWriter:
    """Writes lines to `stream`, a file descriptor or a binary stream, in few large batches.

    A batch goes out after 50 ms or 256 KiB, or at once when a line is `urgent`. The thread starts with the
    first line; a process forked from this one starts its own and leaves to its parent what waits here.
    """

    _lock: threading.Lock
    _changed: threading.Condition
    _waiting: list[bytes]
    _waiting_bytes: int
    _wake_at: float
    _hurry: bool
    _writing: bool
    _closed: bool
    _thread: threading.Thread | None

    def __init__(
        self,
        stream: int | BinaryIO,
        *,
        gather_seconds: float = _GATHER_SECONDS,
        max_waiting_bytes: int = _MAX_WAITING_BYTES,
    ) -> None:
        self.dropped = 0
        self._stream = stream
        self._gather_seconds = gather_seconds
        self._max_waiting_bytes = max_waiting_bytes
        self._torn = False
        self._start_over()
        _start_over_after_fork(self)

    def write(self, line: bytes, *, urgent: bool = False) -> None:
        """Take one line, without its line feed; returns at once and never raises."""
        with self._lock:
            size = self._waiting_bytes + len(line) + 1
            if size > self._max_waiting_bytes or self._closed:
                self.dropped += 1
                return
            self._waiting_bytes = size
            self._waiting.append(line)
            if urgent or size >= self._wake_at:
                self._wake(hurry=urgent or size >= _GATHER_BYTES)

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait until all lines taken are written or dropped; whether that was within `timeout` seconds."""
        with self._changed:
            if self._waiting:
                self._wake(hurry=True)
            return self._changed.wait_for(lambda: not self._waiting and not self._writing, timeout)

    def close(self, timeout: float = 1.0) -> bool:
        """As `flush`, and take no more lines; the stream stays open."""
        flushed = self.flush(timeout)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        return flushed

    def _start_over(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = []
        self._waiting_bytes = 0
        self._wake_at = 0.0
        self._hurry = False
        self._writing = False
        self._closed = False
        self._thread = None

    def _wake(self, *, hurry: bool) -> None:
        """Tell the thread that lines wait: at the first of a batch, and once more when it should hurry."""
        self._hurry = self._hurry or hurry
        self._wake_at = math.inf if self._hurry else _GATHER_BYTES
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def _run(self) -> None:
        while batch := self._next_batch():
            written = self._put(b"\n".join([*batch, b""]))
            with self._changed:
                self._writing = False
                if not written:
                    self.dropped += len(batch)
                self._changed.notify_all()

    def _next_batch(self) -> list[bytes]:
        """The lines to write next; none once the writer is closed and everything is written."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: self._hurry or self._closed, self._gather_seconds)
            batch, self._waiting = self._waiting, []
            self._waiting_bytes = 0
            self._wake_at = 0.0
            self._hurry = False
            self._writing = bool(batch)
            return batch

    def _put(self, batch: bytes) -> bool:
        """Write all of `batch`; false when the system refused the whole or a part of it."""
        rest = memoryview(b"\n" + batch if self._torn else batch)
        whole = len(rest)
        while rest:
            try:
                rest = rest[self._put_some(rest) :]
            except (OSError, ValueError):  # ValueError: the stream was closed
                # Half a line may stand there now: the next batch begins on a line of its own.
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
            # Somebody who shares the descriptor made it non-blocking.
            select.select([], [self._stream], [], _FULL_PIPE_POLL_SECONDS)
            return 0


def _start_over_after_fork(writer: LineWriter) -> None:
    alive = weakref.ref(writer)

    def start_over() -> None:
        if (survivor := alive()) is not None:
            survivor._start_over()  # noqa: SLF001 - a part of the class that may not keep it alive

    os.register_at_fork(after_in_child=start_over)
