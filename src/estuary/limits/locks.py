"""Locks between processes: one a number, and none that a killed process could leave locked.

They are POSIX record locks (fcntl(2)) on the bytes of a file without a name: the kernel frees them with the
process that holds them. To lock and unlock costs 1.0 µs; with a robust mutex through ctypes it would be
0.35 µs, but that is a C structure of which Python knows nothing.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable

TIMEOUT_SECONDS = 0.1
"""For a lock that is held for some microseconds: a process that holds it longer was stopped meanwhile."""

_EXCLUSIVE = fcntl.LOCK_EX | fcntl.LOCK_NB
_PAUSE_SECONDS = 0.00005


class Held(Exception):
    """Another process held the lock until the wait timed out."""


class Locks:
    """Any number of locks, shared with every process that is forked after they were made.

    They lock out processes, not threads: the holder itself would pass.
    """

    def __init__(self) -> None:
        self._file = _nameless_file()

    def acquire(self, number: int) -> None:
        """Hold lock `number`; waits `TIMEOUT_SECONDS` at most, then raises `Held`."""
        try:
            fcntl.lockf(self._file, _EXCLUSIVE, 1, number)
        except OSError:
            self._wait(number)

    def release(self, number: int) -> None:
        """Let lock `number` go."""
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)

    def _wait(self, number: int) -> None:
        give_up = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < give_up:
            # Sleeping, however shortly, lets the holder run where there is one processor for both.
            time.sleep(_PAUSE_SECONDS)
            try:
                fcntl.lockf(self._file, _EXCLUSIVE, 1, number)
            except OSError:
                continue
            return
        raise Held


def _nameless_file() -> int:
    make: Callable[[str], int] | None = getattr(os, "memfd_create", None)
    if make is not None:
        return make("estuary-locks")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
