"""Reads files of the configuration, none of which may hold up a start without end."""

import os
import time
from pathlib import Path
from select import POLLIN, poll
from stat import S_ISFIFO, S_ISREG
from typing import Final

MAX_PIPE_BYTES: Final = 64 * 1024
"""Far more than any configuration; a writer may go on without end."""
PIPE_SECONDS: Final = 10
"""A password manager may first ask its user. Who starts services gives them longer: systemd 90 s."""
_PAUSE_SECONDS: Final = 0.01


def read_regular(path: Path, at_most: int = -1) -> bytes:
    """The content of a regular file, or its begin; raises `OSError`, and `ValueError` for anything else.

    Another process would have to write to a pipe before it could be opened, and what it wrote would be gone
    for the next one of us that reads.
    """
    descriptor = _opened(path)
    try:
        return _regular(descriptor, at_most)
    finally:
        os.close(descriptor)


def read_regular_or_pipe(path: Path, seconds: float = PIPE_SECONDS) -> bytes:
    """The content of a regular file, or what is written to a named pipe and closed within `seconds`.

    Password managers write secrets to a pipe when it is opened, so that no disk holds them. Raises
    `OSError`, and `ValueError` for anything else.
    """
    descriptor = _opened(path)
    try:
        if S_ISFIFO(os.fstat(descriptor).st_mode):
            return _written(descriptor, seconds)
        return _regular(descriptor)
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """A descriptor to read from; without O_NONBLOCK, opening a pipe would wait for who writes."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def _regular(descriptor: int, at_most: int = -1) -> bytes:
    if not S_ISREG(os.fstat(descriptor).st_mode):
        raise ValueError("is not a regular file")
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        return file.read(at_most)


def _written(descriptor: int, seconds: float) -> bytes:
    """What is written until the last writer closes the pipe; raises `ValueError` if that takes longer."""
    content, deadline = b"", time.monotonic() + seconds
    waiting = poll()
    waiting.register(descriptor, POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if not waiting.poll(left * 1000):
            break
        part = _part(descriptor)
        if content and part == b"":
            return content
        content += part or b""
        if len(content) > MAX_PIPE_BYTES:
            raise ValueError(f"is a named pipe, and more than {MAX_PIPE_BYTES} bytes were written to it")
        if not part:
            # Some systems call a pipe at its end before anyone has opened it to write.
            time.sleep(_PAUSE_SECONDS)
    lacking = "its writer did not close it" if content else "nothing was written to it"
    raise ValueError(f"is a named pipe, and {lacking} within {seconds:g} seconds")


def _part(descriptor: int) -> bytes | None:
    """What there is now: nothing at the end; None where another reader was faster."""
    try:
        return os.read(descriptor, MAX_PIPE_BYTES + 1)
    except BlockingIOError:
        return None
