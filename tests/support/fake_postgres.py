"""Connections to no server, for the parts of the PostgreSQL store that stand between caller and driver."""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import StoreUnavailable
from estuary.stores.postgres.connector import Connector

TIMEOUT = 0.3


def server_error(code: str) -> BaseException:
    """An error as the driver raises it for a code of the server's."""
    error: BaseException = asyncpg.PostgresError.new({"C": code, "M": 'relation "secret" does not exist'})
    return error


class FakeConnection:
    """As much of a connection as the pool touches."""

    def __init__(self) -> None:
        self.closed = False
        self.in_transaction = False
        self._listeners: list[Callable[[Any], None]] = []

    def add_termination_listener(self, listener: Callable[[Any], None]) -> None:
        self._listeners.append(listener)

    def is_closed(self) -> bool:
        return self.closed

    def is_in_transaction(self) -> bool:
        return self.in_transaction

    def terminate(self) -> None:
        if not self.closed:
            self.closed = True
            for listener in self._listeners:
                asyncio.get_running_loop().call_soon(listener, self)


class FakeConnector(Connector):
    """Makes connections to nowhere, or fails to."""

    def __init__(self) -> None:
        super().__init__("postgres://nowhere/x", timeout=TIMEOUT)
        self.made: list[FakeConnection] = []
        self.refuses = False
        self.room = 100
        self._under_way = 0

    async def connect(self, *, plain: bool = False, unlimited: bool = False) -> Any:  # noqa: ARG002 (the port's)
        self._under_way += 1
        await asyncio.sleep(0)
        if self.refuses:
            raise StoreUnavailable("no server listens")
        if self._under_way + sum(not connection.closed for connection in self.made) > self.room:
            # It counts for a while still, as at the server.
            asyncio.get_running_loop().call_soon(self._end)
            raise StoreUnavailable("no room") from server_error("53300")
        self._end()
        self.made.append(FakeConnection())
        return self.made[-1]

    def _end(self) -> None:
        self._under_way -= 1
