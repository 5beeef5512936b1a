"""The listener: accepts connections, looks after their deadlines, and ends them in order."""

import asyncio
import os
import socket
from typing import cast

from estuary.core.observations import AcceptFailed, ConnectionsFull
from estuary.http.errors import Overloaded
from estuary.http.http1.acceptor import Acceptor
from estuary.http.http1.balance import ALONE, Balance
from estuary.http.http1.connection import Connection
from estuary.http.http1.connection_limits import ConnectionLimits
from estuary.http.http1.heads import Heads
from estuary.http.http1.hub import Hub
from estuary.http.http1.idle_connections import IdleConnections
from estuary.http.http1.observed_connection import ObservedConnection
from estuary.http.kernel import Application

_LOOK_SECONDS = 0.5
"""How often deadlines are looked at: as late as this a connection may be closed."""
_GRACE_SECONDS = 1.0
"""For a head that was half sent, or on its way, when the service was asked to stop."""
_RETRY_SECONDS = 1.0
_TURNED_AWAY = 32
"""How many connections, past the limit, are held at a time to be told that there is no room for them."""
_TURNS = 5
"""How often the loop turns, at the most, between accepting a connection and making it."""


class Listener(Hub):
    """Serves `application` on a listening socket, which becomes the listener's own.

    Implements `Room`. `balance` knows the other processes that accept from the same socket;
    `observed` says whether the application's observer is to know of each connection.
    """

    def __init__(
        self,
        application: Application,
        listener: socket.socket,
        limits: ConnectionLimits,
        balance: Balance = ALONE,
        *,
        observed: bool = False,
    ) -> None:
        super().__init__(
            application, Heads(application.constant_headers), limits, asyncio.get_running_loop()
        )
        self._connections: set[Connection] = set()
        self._idle = IdleConnections(self._connections)
        self._balance = balance
        self._kind = ObservedConnection if observed else Connection
        self._acceptor = Acceptor(listener, self._make, balance, self)
        self._stopping = False
        self._empty = asyncio.Event()
        self._empty.set()

    def start(self) -> None:
        """Begin to accept connections."""
        self._acceptor.start()
        self._look()

    def stop(self) -> None:
        """Accept nothing more and close idle connections; what is under way or on its way is answered."""
        self._stopping = True
        self._acceptor.close()
        for connection in tuple(self._connections):
            connection.retire(_GRACE_SECONDS)

    async def stopped(self) -> None:
        """Return when every connection is closed, those too that were accepted but not made yet."""
        await self._acceptor.settled()
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        await self._empty.wait()

    async def cut_off(self) -> None:
        """Reset every connection, and have what is under way for them end as if the clients had left."""
        for connection in tuple(self._connections):
            connection.cut_off()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def join(self, connection: Connection) -> None:
        """A connection was made; past the limit an idle one has to go for it, or it is turned away."""
        self._connections.add(connection)
        self._empty.clear()
        if self._stopping:
            connection.retire(_GRACE_SECONDS)
        if len(self._connections) > self.limits.max_connections:
            self.application.observe(ConnectionsFull(self.limits.max_connections))
            if not self._make_room(connection):
                connection.turn_away(Overloaded(_RETRY_SECONDS))

    def leave(self, connection: Connection) -> None:
        """A connection is closed."""
        self._connections.discard(connection)
        self._balance.closed()
        if not self._connections:
            self._empty.set()

    def admits(self) -> bool:
        """Whether another connection may be accepted: a few more than may stay, to answer them so."""
        held = len(self._connections) + self._acceptor.opening
        return held < self.limits.max_connections + _TURNED_AWAY

    def exhausted(self, error: OSError) -> None:
        """The system has nothing left for another connection: the one that has been idle longest goes."""
        self.application.observe(AcceptFailed(os.strerror(error.errno or 0)))
        self._make_room(None)

    def _make(self) -> asyncio.Protocol:
        return cast("asyncio.Protocol", self._kind(self))

    def _make_room(self, arrival: Connection | None) -> bool:
        """Close the connection that has been idle longest; whether there was one."""
        longest = self._idle.longest(arrival)
        if longest is None:
            return False
        longest.expire()
        return True

    def _look(self) -> None:
        """Look at the clock, and at every connection's deadline."""
        self.now = now = self.loop.time()
        self.heads.tick()
        for connection in [each for each in self._connections if each.deadline <= now]:
            connection.expire()
        if not self._stopping or self._connections:
            self.loop.call_later(_LOOK_SECONDS, self._look)
