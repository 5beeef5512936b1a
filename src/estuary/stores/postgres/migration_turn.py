"""One migration at a time, without a transaction that others would have to wait for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection

_TRY: Final = f"SELECT pg_try_advisory_xact_lock({0x45535456})"
_INTERVAL: Final = 0.05
"""Seconds between two attempts."""


@asynccontextmanager
async def migration_turn(connector: Connector) -> AsyncIterator[None]:
    """The block runs while no other process is in one.

    An index is made concurrently by waiting for every statement that began before. One that waited for a
    lock, which who makes the index holds, would never end: so the lock is asked for again and again. It is
    held by an idle transaction on its own connection, for behind a pooler no session keeps a lock.
    """
    connection = await connector.connect(plain=True, unlimited=True)
    try:
        while not await _taken(connection):  # noqa: ASYNC110 - there is no event from other processes
            await asyncio.sleep(_INTERVAL)
        yield
    finally:
        connection.terminate()


async def _taken(connection: Connection) -> bool:
    """Whether the lock is this connection's now, in a transaction that is open from now on."""
    await connection.execute("BEGIN")
    if await connection.fetchval(_TRY):
        # A simple statement also closes what the one before it left open, and with that its snapshot.
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        return True
    await connection.execute("ROLLBACK")
    return False
