"""Whether the server can answer now, asked over a connection that no load can keep from it."""

import asyncio
from contextlib import suppress

from estuary.core.errors import StoreUnavailable
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import CLOSED, DRIVER_ERRORS, translate
from estuary.stores.shielding import ShieldedTasks, outcome_of

_LONGEST = 1.5
"""Seconds for a probe: less than the usual timeout of who probes."""
_READ_ONLY = "SELECT current_setting('transaction_read_only')"


class Probe:
    """Asks the server over its own connection; those who ask at the same time share one question."""

    def __init__(self, connector: Connector, *, timeout: float) -> None:
        self._connector = connector
        self._timeout = min(timeout, _LONGEST)
        self._connection: Connection | None = None
        self._asking: asyncio.Task[None] | None = None
        self._shielded = ShieldedTasks()
        self._closed = False

    async def ask(self) -> None:
        """Return if the server answers and would take writes; raises `StoreUnavailable`; writes nothing."""
        if self._closed:
            raise StoreUnavailable(CLOSED)
        if self._asking is None or self._asking.done():
            self._asking = self._shielded.begin(self._ask())
        await outcome_of(self._asking)

    async def close(self) -> None:
        """Let the connection go."""
        self._closed = True
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError, StoreUnavailable):
                await self._asking
        self._drop()

    async def _ask(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await self._connector.connect()
                answer = await self._connection.fetchval(_READ_ONLY, timeout=self._timeout)
        except DRIVER_ERRORS as error:
            self._drop()
            raise translate(error) from error
        if answer != "off":
            # A server that was demoted: the next probe may find the one that took over.
            self._drop()
            raise StoreUnavailable("The database is unavailable: the server takes no writes now")

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
