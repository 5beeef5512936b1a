"""A transaction that ends in time: every step of it is bounded by what is left."""

import asyncio
from types import TracebackType
from typing import Any, Self

from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import is_lost

LEAST = 0.01
"""Seconds that a step has, however little is left."""


class Transaction:
    """All of the block or nothing of it, within `seconds`; nothing of it in any case in a dry run.

    The driver's own transactions wait without bound for BEGIN, COMMIT and ROLLBACK.
    """

    def __init__(self, connection: Connection, seconds: float, *, dry_run: bool = False) -> None:
        self.connection = connection
        self._dry_run = dry_run
        self._time = asyncio.get_running_loop().time
        self._end = self._time() + seconds

    def seconds_left(self) -> float:
        """The time there is for the next step."""
        return max(self._end - self._time(), LEAST)

    async def row(self, statement: str, *parameters: object) -> Any:
        """The first row that a statement gives, or None."""
        return await self.connection.fetchrow(statement, *parameters, timeout=self.seconds_left())

    async def __aenter__(self) -> Self:
        await self.connection.execute("BEGIN", timeout=self.seconds_left())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._dry_run:
            await self.connection.execute("COMMIT", timeout=self.seconds_left())
        elif error is None or not is_lost(error):
            await self.connection.execute("ROLLBACK", timeout=self.seconds_left())
