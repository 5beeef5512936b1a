"""List queries with conditions or an order of their own: where they run, and for how long."""

import sqlite3
from typing import Final

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import QueryTooExpensive
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.stores.sql.query_statements import BoundQuery
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sqlite.reader_pool import OutOfTime, Read
from estuary.stores.sqlite.sqlite_database import Database

FARTHEST_INLINE_OFFSET: Final = 2000
"""Walking to this offset costs some 130 µs, not more than the way through a thread would."""
COUNTED_INLINE: Final = 1000
"""To count so many takes some 30 µs: a tenth of the way through a thread, which is taken for more."""


class Queries:
    """Answers queries on one resource.

    What a page bounds is read at once, with its total where that is small. Where more are counted, or an
    offset is far, a thread does it; and what no index serves has `budget` (seconds) there, one query at a
    time.
    """

    def __init__(self, database: Database, resource: SqlResource, *, budget: float) -> None:
        self._database = database
        self._resource = resource
        self._budget = budget

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """The result of `query`; raises `QueryTooExpensive`."""
        asked = self._resource.queries.of(query)
        read = self._reading(query, asked)
        if not asked.bounded:
            return self._within_budget(read, asked)
        if (query.offset or 0) > FARTHEST_INLINE_OFFSET:
            return self._database.read_apart(read)
        few = query.at_most is not None and query.at_most <= COUNTED_INLINE
        if few or not query.counted or not query.where:
            return self._database.read(read)
        # In a thread a page waits for the GIL once a row, and takes twice the processor's time.
        return self._with_few(query) or self._database.read_apart(read)

    def _with_few(self, query: ListQuery) -> ListResult | None:
        """The result at once, None where more than `COUNTED_INLINE` records would have to be counted."""
        few = replace(query, at_most=COUNTED_INLINE)
        result = self._database.read(self._reading(few, self._resource.queries.of(few), all_counted=True))
        return None if result.exceeded else result

    async def _within_budget(self, read: Read[ListResult], asked: BoundQuery) -> ListResult:
        try:
            return await self._database.read_within(read, self._budget)
        except OutOfTime:
            raise QueryTooExpensive(asked.advice) from None

    def _reading(
        self, query: ListQuery, asked: BoundQuery, *, all_counted: bool = False
    ) -> Read[ListResult]:
        """What reads the result; no records where all are to be counted, and are too many for that."""
        rows = self._resource.rows if asked.merged else self._resource.reader
        record, total_of, most = rows.record, asked.total, query.at_most

        def read(cursor: sqlite3.Cursor) -> ListResult:
            return ListResult([record(row) for row in cursor.execute(*asked.rows).fetchall()])

        if total_of is None:
            return read

        def read_counted(cursor: sqlite3.Cursor) -> ListResult:
            cursor.execute("BEGIN")
            try:
                (total,) = cursor.execute(*total_of).fetchone()
                exceeded = most is not None and total > most
                unread = all_counted if exceeded else total <= (query.offset or 0)
                found = [] if unread else cursor.execute(*asked.rows).fetchall()
            finally:
                # The engine may have ended it by itself, after an error.
                if cursor.connection.in_transaction:
                    cursor.execute("COMMIT")
            return counted([record(row) for row in found], int(total), query)

        return read_counted
