"""Create requests whose bodies come slowly: what a server has under way when something happens to it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec

from tests.support.http import Answer, Connection, get, request
from tests.support.process import Server

ITEMS = "/api/v1/items"


class SlowCreate:
    """A create request whose body is sent piece by piece."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._body = msgspec.json.encode({"name": name})

    def begin(self) -> None:
        """Send the head and a first piece of the body."""
        self._connection.send(request("POST", ITEMS, len(self._body)))
        self.trickle()

    def trickle(self) -> None:
        """Send another piece, but not the last one."""
        piece, self._body = self._body[:3], self._body[3:]
        self._connection.send(piece)

    def finish(self) -> Answer:
        """Send the rest; the answer."""
        self._connection.send(self._body)
        return self._connection.receive()


@contextmanager
def creating(server: Server, count: int) -> Iterator[list[SlowCreate]]:
    """So many create requests, begun, which the server is known to have under way."""
    with ExitStack() as stack:
        creates = [
            SlowCreate(stack.enter_context(Connection(server)), f"slow {number}") for number in range(count)
        ]
        for create in creates:
            create.begin()
        # Connections are taken in order: an answer on a later one says that those before were taken.
        get(server, "/health/live")
        yield creates
