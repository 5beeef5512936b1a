"""Accepting from a socket that other processes accept from too, so that each has its share of the work."""

import asyncio
import socket

from estuary.http.http1.newcomers import Newcomers
from estuary.http.http1.turns import Turns

_PATIENCE_SECONDS = 0.001
"""How long a process whose turn it is not leaves a connection to the others, who may be busy or stopped."""
_MOST_AT_ONCE = 32
"""How many connections it takes then at most: one, and twice as many each time nobody else has come."""
_EXHAUSTED_SECONDS = 0.1
"""How long to accept nothing when the system has no descriptor or memory left."""


class Accepting:
    """Takes connections one by one while it is this process's turn, a little later when it is not."""

    def __init__(self, listener: socket.socket, newcomers: Newcomers, turns: Turns) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = listener
        self._newcomers = newcomers
        self._turns = turns
        self._at_once = 1
        self._timer: asyncio.TimerHandle | None = None
        listener.setblocking(False)
        self._loop.add_reader(listener, self._on_connection)

    def close(self) -> None:
        """Take what waits, and accept nothing more: should no other process be left, nobody is cut off."""
        self._loop.remove_reader(self._socket)
        if self._timer is not None:
            self._timer.cancel()
        # Nothing in between: who comes after the last look, and before the port is closed, is lost.
        self._newcomers.accept_all(self._socket)
        self._socket.close()

    def _on_connection(self) -> None:
        if self._turns.mine:
            self._at_once = 1
            self._accept()
        else:
            self._pause(_PATIENCE_SECONDS)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        """Take what nobody has taken meanwhile."""
        self._loop.add_reader(self._socket, self._on_connection)
        for _ in range(self._at_once):
            if not self._accept():
                return
        self._at_once = min(2 * self._at_once, _MOST_AT_ONCE)

    def _accept(self) -> bool:
        """Take one connection, if there is one: whether there was."""
        try:
            self._newcomers.accept(self._socket)
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError:
            # The connection stays in the backlog; looking at it again at once would keep the loop busy.
            self._pause(_EXHAUSTED_SECONDS)
            return False
        return True
