"""The line between the supervisor and a worker: short messages over a socket pair, one a line."""

import socket
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple, Self

_CHUNK = 65536


class Word(StrEnum):
    """What a message says; each is spoken in one direction only."""

    WAITING = "waiting"
    """Worker: requests are being answered, but the store is not there yet; the text says why."""
    READY = "ready"
    """Worker: requests are being answered, and the store is there."""
    FAILED = "failed"
    """Worker: the service could not be started; the text says why."""
    BEAT = "beat"
    """Worker: the event loop is turning."""
    LEAVE = "leave"
    """Worker: somebody asked me alone to go; may I?"""
    DRAIN = "drain"
    """Supervisor: say that you are going, and keep answering."""
    STOP = "stop"
    """Supervisor: finish what is under way and go; the text is how many seconds there are."""


class Message(NamedTuple):
    """A word that one side of a channel sent, with the text that came with it, which may be empty."""

    word: Word
    text: str


class Channel:
    """One end of the line. Nothing here blocks."""

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

    def send(self, word: Word, text: str = "") -> None:
        """Say `word`; if the other side has ended, the reading side learns of that by itself."""
        line = f"{word} {' '.join(text.split())}\n"
        with suppress(OSError):
            self._end.sendall(line.encode())

    def receive(self) -> tuple[list[Message], bool]:
        """What has arrived, and whether the other end is still there."""
        open_ = self._fill()
        *lines, self._unread = self._unread.split(b"\n")
        return [_parse(line.decode()) for line in lines], open_

    def close(self) -> None:
        """Let the line go; the other end reads its end."""
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


def _parse(line: str) -> Message:
    word, _, text = line.partition(" ")
    return Message(Word(word), text)
