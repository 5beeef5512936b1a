"""List queries that no index serves: a few at a time, each for so long at most."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import QueriesWaiting
from estuary.stores.outliving import Outliving, outcome_of
from estuary.stores.postgres.connection import Connection
from estuary.stores.postgres.pool import Pool
from estuary.stores.postgres.transaction import Transaction
from estuary.stores.sql.lists import Asked

UNSERVED: Final = 2
"""Connections that such queries have at most."""
_MARGIN: Final = 0.25
"""Seconds that the server has to say that it ended a query."""


class UnservedQueries:
    """Runs `most` of them at a time over `pool`, each for `budget` seconds at most.

    What every other statement is told of plans does not hold here: there is no index to be used, so the
    server plans for the values there are, and reads the whole table where that is cheaper.
    """

    def __init__(self, pool: Pool, *, most: int, budget: float) -> None:
        self._pool = pool
        self._budget = budget
        self._turns = asyncio.Semaphore(most)
        self._outliving = Outliving()
        self._settings = (
            f"SET LOCAL statement_timeout = {round(budget * 1000)}; SET LOCAL enable_seqscan = on; "
            "SET LOCAL enable_bitmapscan = on; SET LOCAL plan_cache_mode = force_custom_plan"
        )

    async def fetch(self, asked: Asked) -> Sequence[Sequence[Any]] | None:
        """The rows; None where the query took too long.

        Raises `QueriesWaiting` where it waits as long for others.
        """
        try:
            async with asyncio.timeout(self._budget):
                await self._turns.acquire()
        except TimeoutError as error:
            raise QueriesWaiting from error
        # Its turn lasts as long as the server is at it, also where the caller leaves.
        return await outcome_of(self._outliving.begin(self._fetch(asked)))

    async def _fetch(self, asked: Asked) -> Sequence[Sequence[Any]] | None:
        async def work(connection: Connection, seconds: float) -> Sequence[Sequence[Any]] | None:
            try:
                async with Transaction(connection, seconds) as transaction:
                    await connection.execute(self._settings, timeout=transaction.seconds_left())
                    longest = self._budget + _MARGIN
                    return await connection.fetch(asked.statement, *asked.parameters, timeout=longest)
            except asyncpg.QueryCanceledError:
                return None

        try:
            return await self._pool.run(work)
        finally:
            self._turns.release()
