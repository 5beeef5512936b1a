"""Accepting: as many connections as there is room for; of processes that share a socket, each its share."""

import asyncio
import socket
from typing import Protocol

from estuary.http.http1.newcomers import Newcomers
from estuary.http.http1.turns import Turns

_PATIENCE_SECONDS = 0.001
"""How long a process whose turn it is not leaves a connection to the others, who may be busy or stopped."""
_MOST_AT_ONCE = 32
"""How many connections it takes then at most: one, and twice as many each time no other process has.

A process that is alone takes as many at once, but no more, so that it can serve those it has meanwhile.
"""
_CROWDED_SECONDS = 0.1
"""How long to accept nothing when there is no room, or the system has no descriptor or memory left."""


class Room(Protocol):
    """Where connections that are accepted go."""

    def admits(self) -> bool:
        """Whether there is room for another one, if only to tell it that there is none."""
        ...

    def exhausted(self, error: OSError) -> None:
        """The system has no descriptor or memory for another one."""
        ...


class Accepting:
    """Takes connections one by one while it is this process's turn, a little later when it is not.

    Nothing is accepted while `room` admits no more: clients then wait in the socket's backlog.
    """

    def __init__(self, listener: socket.socket, newcomers: Newcomers, turns: Turns, room: Room) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = listener
        self._newcomers = newcomers
        self._turns = turns
        self._room = room
        self._usual = _MOST_AT_ONCE if turns.alone else 1
        self._at_once = 1
        self._timer: asyncio.TimerHandle | None = None
        listener.setblocking(False)
        self._loop.add_reader(listener, self._on_connection)

    def close(self) -> None:
        """Take what waits, and accept nothing more: as the last process, cut no client off."""
        self._loop.remove_reader(self._socket)
        if self._timer is not None:
            self._timer.cancel()
        # Nothing in between: who comes after the last look, and before the port is closed, is lost.
        self._newcomers.accept_all(self._socket)
        self._socket.close()

    def _on_connection(self) -> None:
        if self._turns.mine:
            self._at_once = 1
            for _ in range(self._usual):
                if not self._accept():
                    return
        else:
            self._pause(_PATIENCE_SECONDS)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        """Take what no process has taken meanwhile."""
        self._loop.add_reader(self._socket, self._on_connection)
        for _ in range(self._at_once):
            if not self._accept():
                return
        self._at_once = min(2 * self._at_once, _MOST_AT_ONCE)

    def _accept(self) -> bool:
        """Take one connection, if there is one and there is room for it: whether there was."""
        if not self._room.admits():
            self._pause(_CROWDED_SECONDS)
            return False
        try:
            self._newcomers.accept(self._socket)
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            # The connection stays in the backlog; looking at it again at once would keep the loop busy.
            self._room.exhausted(error)
            self._pause(_CROWDED_SECONDS)
            return False
        return True
