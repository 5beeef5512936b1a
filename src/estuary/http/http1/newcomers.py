"""Newcomers: connections that were accepted by hand, until they are made."""

import asyncio
import socket
from collections.abc import Callable

from estuary.http.http1.turns import Turns


class Newcomers:
    """Has `make` say what speaks on each connection that is accepted; `turns` counts those held here."""

    def __init__(self, make: Callable[[], asyncio.Protocol], turns: Turns) -> None:
        self._loop = asyncio.get_running_loop()
        self._make = make
        self._turns = turns
        self._beginning: set[asyncio.Task[None]] = set()

    def accept(self, listener: socket.socket) -> None:
        """Take one connection; raises what `socket.accept` raises."""
        connection, _ = listener.accept()
        # Now, not when the connection is made: the next one may be waiting already.
        self._turns.took()
        begin = self._loop.create_task(self._begin(connection))
        self._beginning.add(begin)
        begin.add_done_callback(self._beginning.discard)

    def accept_all(self, listener: socket.socket) -> None:
        """Take all that no process has taken yet, who would be cut off when the port closes."""
        while True:
            try:
                self.accept(listener)
            except ConnectionAbortedError:
                continue
            except OSError:
                return

    @property
    def number(self) -> int:
        """How many have been accepted and are not made yet."""
        return len(self._beginning)

    async def settled(self) -> None:
        """Return when every connection that was accepted is made, or its client gone."""
        await asyncio.gather(*self._beginning)

    async def _begin(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:
            # The client has gone before anything was made of it.
            self._turns.ended()
            connection.close()
