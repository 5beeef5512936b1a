"""A connection that is observed: that it was opened, and why and after how many requests it was closed.

Only where debug lines ask for it does the listener make these; the usual connection counts nothing.
"""

import asyncio
import os
from itertools import count

from estuary.core.observations import ConnectionClosed, ConnectionOpened
from estuary.http.http1.connection import Connection
from estuary.http.http1.hub import Hub
from estuary.http.http1.incoming import Incoming
from estuary.http.messages import Response

_next_number = count(1).__next__

CLIENT_CLOSED = "the client closed it"
CLIENT_RESET = "the client reset it, or it broke"
ASKED_FOR = "the client asked for it with its last request"
REFUSED = "a request was refused"
UNREAD = "a request was answered before all of it had come"
NO_ROOM = "there were too many connections"
MADE_ROOM = "it was idle, and another one needed its place"
IDLE = "no request came in time"
HALF_A_HEAD = "a head was not whole in time"
NOT_TAKEN = "the client did not take its answers in time"
STOPPED = "the service stopped"
CUT_OFF = "the service stopped, and a request was cut off"


class ObservedConnection(Connection):
    """Serves as `Connection` does, and has the application's observer know of its beginning and its end.

    Nothing that a client sent, nor its address, is in what is observed.
    """

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self._name = f"{os.getpid()}-{_next_number()}"
        self._opened = hub.loop.time()
        self._served = 0
        self._reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client is there."""
        super().connection_made(transport)
        self._hub.application.observe(ConnectionOpened(self._name))

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; unless it was we who closed the connection, it was the client."""
        super().connection_lost(exc)
        self._because(CLIENT_CLOSED if exc is None else CLIENT_RESET)
        seconds = self._hub.loop.time() - self._opened
        closed = ConnectionClosed(self._name, self._served, seconds, self._reason)
        self._hub.application.observe(closed)

    def expire(self) -> None:
        """The deadline has passed, or an idle connection has to make room."""
        if self.idle and self._hub.now < self.deadline:
            self._because(MADE_ROOM)
        elif self._closing or not self._writable or self._transport.get_write_buffer_size():
            self._because(NOT_TAKEN)
        elif self._unwelcome is not None:
            self._because(NO_ROOM)
        else:
            self._because(HALF_A_HEAD if self._reader.inside_head else IDLE)
        super().expire()

    def retire(self, grace: float) -> None:
        """The service stops."""
        super().retire(grace)
        if self._closing:
            self._because(STOPPED)

    def cut_off(self) -> None:
        """Reset the connection, whatever is under way on it."""
        self._because(CUT_OFF if self._active is not None else STOPPED)
        super().cut_off()

    def _begin(self, request: Incoming) -> None:
        self._served += 1
        super()._begin(request)

    def _answer(self, request: Incoming, response: Response) -> None:
        super()._answer(request, response)
        if self._closing:
            self._because(self._reason_of(request))

    def _reason_of(self, request: Incoming) -> str:
        """Why the connection was closed behind the answer to `request`."""
        if self._unwelcome is not None:
            return NO_ROOM
        if request.refusal is not None:
            return REFUSED
        if self._hub.application.draining:
            return STOPPED
        if not request.complete:
            return UNREAD
        return CLIENT_CLOSED if self._ended else ASKED_FOR

    def _because(self, reason: str) -> None:
        """Keep `reason`, if it is the first: what follows from it is no reason of its own."""
        self._reason = self._reason or reason
