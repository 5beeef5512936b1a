"""The listener: accepts connections, looks after their deadlines, and ends them in order."""

import asyncio
import socket
from typing import cast

from estuary.core.errors import Overloaded
from estuary.http.http1.accepting import Accepting
from estuary.http.http1.connection import Connection
from estuary.http.http1.heads import Heads
from estuary.http.http1.newcomers import Newcomers
from estuary.http.http1.terms import Terms
from estuary.http.http1.turns import ALONE, Turns
from estuary.http.kernel import Application

_LOOK_SECONDS = 0.5
"""How often deadlines are looked at: as late as this a connection may be closed."""
_GRACE_SECONDS = 1.0
"""For a head that was half sent, or on its way, when the service was told to stop."""
_RETRY_SECONDS = 1.0
_TURNS = 5
"""How often the loop turns, at the most, between accepting a connection and making it."""


class Listener:
    """Serves `application` on a listening socket, which becomes the listener's own. Implements `Hub`.

    `turns` tells of the other processes that accept from the same socket.
    """

    def __init__(
        self,
        application: Application,
        listener: socket.socket,
        terms: Terms,
        backlog: int,
        turns: Turns = ALONE,
    ) -> None:
        self.application = application
        self.heads = Heads(application.constant_headers)
        self.terms = terms
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        self._socket = listener
        self._backlog = backlog
        self._connections: set[Connection] = set()
        self._turns = turns
        self._newcomers = Newcomers(self._make, turns)
        self._accepting: asyncio.Server | Accepting | None = None
        self._stopping = False
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self) -> None:
        """Begin to accept connections."""
        if self._turns.alone:
            self._accepting = await self.loop.create_server(
                self._make, sock=self._socket, backlog=self._backlog
            )
        else:
            self._accepting = Accepting(self._socket, self._newcomers, self._turns)
        self._look()

    def stop(self) -> None:
        """Accept nothing more and close idle connections; what is under way or on its way is answered."""
        self._stopping = True
        if self._turns.alone:
            self._socket.setblocking(False)
            self._newcomers.accept_all(self._socket)
        if self._accepting is not None:
            self._accepting.close()
        for connection in tuple(self._connections):
            connection.retire(_GRACE_SECONDS)

    async def stopped(self) -> None:
        """Return when every connection is closed, those too that were accepted but not made yet."""
        await self._newcomers.settled()
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
        if len(self._connections) > self.terms.max_connections and not self._make_room(connection):
            connection.turn_away(Overloaded(_RETRY_SECONDS))

    def leave(self, connection: Connection) -> None:
        """A connection is closed."""
        self._connections.discard(connection)
        if not self._turns.alone:
            self._turns.ended()
        if not self._connections:
            self._empty.set()

    def _make(self) -> asyncio.Protocol:
        return cast("asyncio.Protocol", Connection(self))

    def _make_room(self, newcomer: Connection) -> bool:
        """Close the connection that has been idle longest; whether there was one."""
        idle = (each for each in self._connections if each.idle and each is not newcomer)
        longest = min(idle, key=lambda each: each.deadline, default=None)
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
