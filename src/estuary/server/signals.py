"""Signals as a file descriptor, to be waited on together with sockets and timers."""

import signal
import socket
from collections.abc import Iterable
from types import FrameType
from typing import Self

_CHUNK = 4096


class Signals:
    """Catches the given signals while the `with` block runs; a process may have one at a time.

    The interpreter writes each signal's number to a socket pair (`signal.set_wakeup_fd`), so a handler
    runs no Python code, and no signal is lost between a check and a wait. After the block they are ignored:
    the process is about to exit, and another signal must not change its exit code.
    """

    def __init__(self, caught: Iterable[signal.Signals]) -> None:
        self._caught = tuple(caught)
        self._read, self._write = socket.socketpair()
        self._read.setblocking(False)
        self._write.setblocking(False)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in self._caught:
            signal.signal(number, _do_nothing)
        return self

    def __exit__(self, *exception: object) -> None:
        for number in self._caught:
            signal.signal(number, signal.SIG_IGN)
        signal.set_wakeup_fd(-1)
        self._read.close()
        self._write.close()

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._read.fileno()

    def receive(self) -> list[signal.Signals]:
        """The signals received since the last call, in order."""
        try:
            return [signal.Signals(number) for number in self._read.recv(_CHUNK)]
        except BlockingIOError:
            return []


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """A handler must exist for the interpreter to write the number to the socket."""
