"""The channel between the supervisor and a worker: short messages over a socket pair, one per line."""

import fcntl
import os
import select
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Self

import msgspec

_CHUNK = 65536
_LONGEST = 65536
"""Bytes of a message: half of one that the socket has no room for would garble the next one."""
_LINE_BREAK = "\x1f"
"""A unit separator (ASCII), which `str.split` takes for white space: no line holds one."""


class MessageKind(StrEnum):
    """The kinds of message; each is sent in one direction only."""

    WAITING = "waiting"
    """Worker: requests are being answered, but the store is not there yet; the text says why."""
    READY = "ready"
    """Worker: requests are being answered, and the store is there."""
    FAILED = "failed"
    """Worker: the service could not be started; the text says why."""
    INTRODUCED = "introduced"
    """Worker of `estuary dev`: what to print once it is ready."""
    CHANGED = "changed"
    """The watching process of `estuary dev`: files changed; the text has a path in each line."""
    BEAT = "beat"
    """Worker: a heartbeat; the event loop is running."""
    LEAVE = "leave"
    """Worker: this process alone received SIGTERM, and asks to be stopped."""
    DRAIN = "drain"
    """Supervisor: report not ready, close connections after their answers, and keep answering."""
    STOP = "stop"
    """Supervisor: finish the requests under way and exit; the text is the seconds left for that."""


class Message(msgspec.Struct, frozen=True):
    """A message as received; its text may be empty."""

    kind: MessageKind
    text: str


class Channel:
    """One end of the socket pair. No method blocks."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._unread = b""

    @classmethod
    def pair(cls) -> tuple[Self, Self]:
        """A new channel: the supervisor's end and the worker's."""
        ours, theirs = socket.socketpair()
        return cls(ours), cls(theirs)

    def fileno(self) -> int:
        """The descriptor to wait on."""
        return self._end.fileno()

    def send(self, kind: MessageKind, *lines: str) -> None:
        """Send a message. Where the other process has ended, it is dropped: `receive` reports that.

        Of its text each of `lines` remains one, whatever white space is in it, indented as it was; what is
        beyond 64 KiB is cut off.
        """
        text = _LINE_BREAK.join(map(_one_line, lines))
        with suppress(OSError):
            self._end.sendall(f"{kind} {text}".encode()[:_LONGEST] + b"\n")

    def receive(self) -> tuple[list[Message], bool]:
        """The messages that have arrived, and whether the other end is still open."""
        open_ = self._fill()
        *lines, self._unread = self._unread.split(b"\n")
        return [_parse(line.decode(errors="replace")) for line in lines], open_

    @contextmanager
    def ending_process(self) -> Iterator[None]:
        """Meanwhile a message that arrives, or the end of the other process, ends this one with SIGIO.

        For code that may wait for ever and looks at nothing: the kernel sends the signal, and it is not
        handled. (macOS would ignore it.)
        """
        before = fcntl.fcntl(self._end, fcntl.F_GETFL)
        fcntl.fcntl(self._end, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(self._end, fcntl.F_SETFL, before | os.O_ASYNC)
        try:
            if select.select([self._end], [], [], 0)[0]:
                # It arrived before.
                signal.raise_signal(signal.SIGIO)
            yield
        finally:
            fcntl.fcntl(self._end, fcntl.F_SETFL, before)

    def close(self) -> None:
        """Close this end; the other one reads end-of-file."""
        self._end.close()

    def _fill(self) -> bool:
        try:
            while chunk := self._end.recv(_CHUNK):
                self._unread += chunk
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False


def _one_line(text: str) -> str:
    indentation = " " * (len(text) - len(text.lstrip(" ")))
    return indentation + " ".join(text.split())


def _parse(line: str) -> Message:
    kind, _, text = line.partition(" ")
    return Message(MessageKind(kind), text.replace(_LINE_BREAK, "\n"))
