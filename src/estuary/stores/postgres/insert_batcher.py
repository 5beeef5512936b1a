"""Batches inserts: those that come while others are under way share their round trip to the server."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from estuary.core.errors import StoreUnavailable
from estuary.stores.deadlines import Deadlines
from estuary.stores.postgres.conflicts import Conflicts
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import is_contention
from estuary.stores.postgres.multi_row_insert import MultiRowInsert, Row
from estuary.stores.postgres.pool import MAX_WAITING, TOO_MANY, Pool, Work, fail_each

MOST_ROWS = 32
"""In a statement: past it little is saved."""
MOST_CHARACTERS = 1 << 20
"""In a statement, but for its last row: large ones are neither copied nor waited for together."""


class _Waiting(NamedTuple):
    """A row, and the future that says whether it is kept."""

    row: Row
    kept: asyncio.Future[None]


class InsertBatcher:
    """Adds rows to one table, over connections of `pool`; made on the event loop it serves.

    What comes while few are under way goes at once. While `statements` are, rows wait, and then go
    together: one round trip, one commit and one run of the triggers for all of them. With 32 clients
    (`bench --questions postgres-create`) there are more than twice as many creates a second.

    `timeout` (seconds) bounds the time of each row, waiting included. `conflicts` translates errors of
    unique keys and references.
    """

    def __init__(
        self,
        pool: Pool,
        insert: MultiRowInsert,
        conflicts: Conflicts,
        *,
        statements: int,
        timeout: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._pool = pool
        self._insert = insert
        self._conflicts = conflicts
        self._statements = statements
        self._waiting: deque[_Waiting] = deque()
        self._deadlines = Deadlines(timeout, _not_in_time)
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_starting = False

    def add(self, row: Row) -> asyncio.Future[None]:
        """Settles when `row` is kept.

        Fails with `StoreUnavailable`, or for this row alone with `UniqueConflict`, `ReferenceMissing`
        or `StoreQueryFailed`.
        """
        self._forget_settled()
        if len(self._waiting) >= MAX_WAITING:
            raise StoreUnavailable(TOO_MANY)
        kept: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(_Waiting(row, kept))
        self._deadlines.add(kept)
        if not self._is_starting:
            # In the loop's next turn: rows of requests that came with this one go along.
            self._is_starting = True
            self._loop.call_soon(self._start)
        return kept

    def _start(self) -> None:
        """Send what waits, as far as there may be statements for it."""
        self._is_starting = False
        while len(self._under_way) < self._statements and (rows := self._next()):
            task = self._loop.create_task(self._send(rows))
            self._under_way.add(task)
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._deadlines.forget_settled()
        self._start()

    def _next(self) -> list[_Waiting]:
        """The rows that waited longest, without those whose callers have gone."""
        rows: list[_Waiting] = []
        room = MOST_CHARACTERS
        while self._waiting and len(rows) < MOST_ROWS and room > 0:
            waiting = self._waiting.popleft()
            if not waiting.kept.done():
                rows.append(waiting)
                room -= self._insert.characters(waiting.row)
        return rows

    async def _send(self, rows: Sequence[_Waiting]) -> None:
        try:
            skipped = await self._pool.run(self._conflicts.translated(self._insertion(rows)))
        except StoreUnavailable as error:
            if len(rows) > 1 and is_contention(error):
                # Batches can wait for each other's values in a circle. Single rows cannot: each statement
                # comes to the indexes in the same order.
                await self._send_singly(rows)
            else:
                fail_each((kept for _, kept in rows), error)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is for the caller to know)
            if len(rows) > 1:
                await self._send_singly(rows)
            elif not rows[0].kept.done():
                rows[0].kept.set_exception(error)
        else:
            for waiting in rows:
                if waiting not in skipped and not waiting.kept.done():
                    waiting.kept.set_result(None)
            await self._send_singly(skipped)

    def _insertion(self, rows: Sequence[_Waiting]) -> Work[Sequence[_Waiting]]:
        """The work that inserts `rows`, and returns those that it left out."""
        statement, parameters = self._insert.statement([row for row, _ in rows])

        async def insert(connection: Connection, seconds: float) -> Sequence[_Waiting]:
            if len(rows) == 1 or not self._insert.skips:
                await connection.fetchrow(statement, *parameters, timeout=seconds)
                return ()
            made = await connection.fetch(statement, *parameters, timeout=seconds)
            ids = {record_id for (record_id,) in made}
            return [waiting for waiting in rows if waiting.row[0] not in ids]

        return insert

    async def _send_singly(self, rows: Sequence[_Waiting]) -> None:
        """After a refusal, which is of the whole batch: have it meet only the row that it is for."""
        for row in rows:
            if not row.kept.done():
                await self._send([row])

    def _forget_settled(self) -> None:
        while self._waiting and self._waiting[0].kept.done():
            self._waiting.popleft()


def _not_in_time() -> StoreUnavailable:
    return StoreUnavailable("The database is unavailable: it did not answer in time")
