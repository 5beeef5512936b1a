"""List queries with conditions or an order of their own: where they run, and for how long."""

import sqlite3
from typing import Final

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import QueryTooExpensive
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.stores.sql.query_statements import BoundQuery
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sqlite.reader_pool import OutOfTime, Read
from estuary.stores.sqlite.sqlite_database import Database

FARTHEST_INLINE_OFFSET: Final = 2000
"""Walking to this offset costs some 130 µs, not more than the way through a thread would."""


class Queries:
    """Answers queries on one resource.

    What a page bounds is read at once. Where a total is counted, or an offset is far, a thread does it; and
    what no index serves has `budget` (seconds) there, one query at a time.
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
        counts = query.counted and bool(query.where)
        if counts or (query.offset or 0) > FARTHEST_INLINE_OFFSET:
            return self._database.read_apart(read)
        return self._database.read(read)

    async def _within_budget(self, read: Read[ListResult], asked: BoundQuery) -> ListResult:
        try:
            return await self._database.read_within(read, self._budget)
        except OutOfTime:
            raise QueryTooExpensive(asked.advice) from None

    def _reading(self, query: ListQuery, asked: BoundQuery) -> Read[ListResult]:
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
                past_end = total <= (query.offset or 0) and (most is None or total <= most)
                found = [] if past_end else cursor.execute(*asked.rows).fetchall()
            finally:
                # The engine may have ended it by itself, after an error.
                if cursor.connection.in_transaction:
                    cursor.execute("COMMIT")
            return counted([record(row) for row in found], int(total), query)

        return read_counted
