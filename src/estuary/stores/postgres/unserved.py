"""List queries whose cost no index bounds: a few at a time, each for so long at most."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import QueriesWaiting, StoreUnavailable
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.pool import Pool, Work
from estuary.stores.postgres.transaction import Transaction
from estuary.stores.shielding import ShieldedTasks, outcome_of
from estuary.stores.sql.statements import BoundStatement

UNSERVED: Final = 2
"""Connections that such queries have at most."""
_MARGIN: Final = 0.25
"""Seconds that the server has to say that it ended a query."""

T = TypeVar("T")
Rows = Sequence[Sequence[Any]]


class UnservedQueries:
    """Runs `most` of them at a time over `pool`, in `timeout` seconds each, the wait for others included.

    One that no index serves has only `budget` seconds. The planner settings of every other statement do not
    hold for it: there is no index to be used, so the server plans for the values there are, and reads the
    whole table where that is cheaper. It does so in one process: with parallel workers a few such queries
    would take all cores from everything else.
    """

    def __init__(self, pool: Pool, *, most: int, budget: float, timeout: float) -> None:
        self._pool = pool
        self._budget = budget
        self._timeout = timeout
        self._turns = asyncio.Semaphore(most)
        self._shielded = ShieldedTasks()
        self._settings = (
            f"SET LOCAL statement_timeout = {round(budget * 1000)}; SET LOCAL enable_seqscan = on; "
            "SET LOCAL enable_bitmapscan = on; SET LOCAL enable_sort = on; "
            "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL max_parallel_workers_per_gather = 0"
        )

    async def fetch(self, asked: BoundStatement) -> Rows | None:
        """The rows; None where the query took too long.

        Raises `QueriesWaiting` where it waits as long for others.
        """
        statement = _Statement(asked)

        async def work(connection: Connection, seconds: float) -> Rows | None:
            try:
                async with Transaction(connection, seconds) as transaction:
                    await connection.execute(self._settings, timeout=transaction.seconds_left())
                    return await statement.fetch(connection, self._budget + _MARGIN)
            except asyncpg.QueryCanceledError:
                return None

        await self._turn(self._budget)
        return await self._outcome(statement, work)

    async def fetch_in_turn(self, asked: BoundStatement) -> Rows:
        """The rows of a list that skips many records, in the order of an index.

        Raises `QueriesWaiting` or `StoreUnavailable` where it waits, or runs, for too long.
        """
        statement = _Statement(asked)
        ends = asyncio.get_running_loop().time() + self._timeout
        await self._turn(self._timeout)
        try:
            async with asyncio.timeout_at(ends):
                return await self._outcome(statement, statement.fetch)
        except TimeoutError as error:
            raise StoreUnavailable("The database is unavailable: the query took too long") from error

    async def _turn(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._turns.acquire()
        except TimeoutError as error:
            raise QueriesWaiting from error

    async def _outcome(self, statement: "_Statement", work: Work[T]) -> T:
        """The result of `work`, which fetches `statement`. Gives the turn back when the server is done."""
        try:
            return await outcome_of(self._shielded.begin(self._run(work)))
        except asyncio.CancelledError:
            statement.abandon()
            raise

    async def _run(self, work: Work[T]) -> T:
        try:
            return await self._pool.run(work)
        finally:
            self._turns.release()


class _Statement:
    """A statement that the server is asked to cancel when its caller leaves; the connection is kept."""

    def __init__(self, asked: BoundStatement) -> None:
        self._asked = asked
        self._abandoned = asyncio.Event()
        self._fetching: asyncio.Future[list[Any]] | None = None

    async def fetch(self, connection: Connection, seconds: float) -> Rows:
        """The rows; none where it was abandoned."""
        if self._abandoned.is_set():
            return []
        statement, parameters = self._asked
        self._fetching = asyncio.ensure_future(connection.fetch(statement, *parameters, timeout=seconds))
        try:
            return await self._fetching
        except asyncio.CancelledError:
            # The driver has sent a cancel request, and lets the next statement wait for its outcome.
            if self._abandoned.is_set():
                return []
            raise

    def abandon(self) -> None:
        """End it here and at the server."""
        self._abandoned.set()
        if self._fetching is not None:
            self._fetching.cancel()
