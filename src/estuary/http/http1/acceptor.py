"""The acceptor: takes connections from the listening socket, balanced over the processes that share it."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final, Protocol

from estuary.http.http1.balance import Balance

_BACKOFF_SECONDS: Final = 0.001
"""How long a process that is not next leaves a connection to the others, which may be busy or stopped."""
_MOST_AT_ONCE: Final = 32
"""How many connections it takes then at most: one, and twice as many each time no other process has.

A process that is alone takes as many at once, but no more, so that it can serve those it has meanwhile.
"""
_CROWDED_SECONDS: Final = 0.1
"""How long to accept nothing when there is no room, or the system has no descriptor or memory left."""


class Room(Protocol):
    """Where connections that are accepted go."""

    def admits(self) -> bool:
        """Whether there is room for another one, if only to refuse it."""
        ...

    def exhausted(self, error: OSError) -> None:
        """The system has no descriptor or memory for another one."""
        ...


class Acceptor:
    """Takes connections one by one while this process is next, a little later when it is not.

    `make` makes the protocol of each. Nothing is accepted while `room` admits no more: clients then wait in
    the socket's backlog.
    """

    def __init__(
        self, listener: socket.socket, make: Callable[[], asyncio.Protocol], balance: Balance, room: Room
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = listener
        self._make = make
        self._balance = balance
        self._room = room
        self._usual = _MOST_AT_ONCE if balance.alone else 1
        self._at_once = 1
        self._started = False
        self._timer: asyncio.TimerHandle | None = None
        self._opening: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to accept."""
        self._started = True
        self._socket.setblocking(False)
        self._loop.add_reader(self._socket, self._on_connection)

    def close(self) -> None:
        """Take what waits, and accept nothing more: the last process must not cut off a client."""
        if not self._started:
            return
        self._loop.remove_reader(self._socket)
        if self._timer is not None:
            self._timer.cancel()
        # Nothing in between: a client that comes after the last look but before the port is closed is lost.
        self._accept_all()
        self._socket.close()

    @property
    def opening(self) -> int:
        """How many connections have been accepted and are not made yet."""
        return len(self._opening)

    async def settled(self) -> None:
        """Return when every connection that was accepted is made, or its client gone."""
        await asyncio.gather(*self._opening)

    # -- When to accept -----------------------------------------------------------------------------

    def _on_connection(self) -> None:
        if self._balance.is_next:
            self._at_once = 1
            for _ in range(self._usual):
                if not self._accept_if_room():
                    return
        else:
            self._pause(_BACKOFF_SECONDS)

    def _pause(self, seconds: float) -> None:
        self._loop.remove_reader(self._socket)
        self._timer = self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        """Take what no process has taken meanwhile."""
        self._loop.add_reader(self._socket, self._on_connection)
        for _ in range(self._at_once):
            if not self._accept_if_room():
                return
        self._at_once = min(2 * self._at_once, _MOST_AT_ONCE)

    def _accept_if_room(self) -> bool:
        """Take one connection, if there is one and there is room for it; whether there was."""
        if not self._room.admits():
            self._pause(_CROWDED_SECONDS)
            return False
        try:
            self._accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            # The connection stays in the backlog; looking at it again at once would keep the loop busy.
            self._room.exhausted(error)
            self._pause(_CROWDED_SECONDS)
            return False
        return True

    # -- How ----------------------------------------------------------------------------------------

    def _accept(self) -> None:
        """Take one connection; raises what `socket.accept` raises."""
        connection, _ = self._socket.accept()
        # Now, not when the connection is made: the next one may be waiting already.
        self._balance.opened()
        task = self._loop.create_task(self._open(connection))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    def _accept_all(self) -> None:
        """Take all that no process has taken yet, which would be cut off when the port closes."""
        while True:
            try:
                self._accept()
            except ConnectionAbortedError:
                continue
            except OSError:
                return

    async def _open(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:
            # The client has gone before anything was made of it.
            self._balance.closed()
            connection.close()
