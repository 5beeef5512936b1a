"""The records of one resource in the database."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

from estuary.core.errors import NotFound, VersionConflict
from estuary.core.record import Position, Record
from estuary.stores.sql.rows import Rows, position_parameters
from estuary.stores.sql.statements import Statements
from estuary.stores.sqlite.database import Database
from estuary.stores.sqlite.writer import Operation

FARTHEST_INLINE_OFFSET = 2000
"""Walking to this offset costs some 130 µs, not more than the way through a thread would."""

_Row = tuple[Any, ...]


class SqliteCollection:
    """`statements` and `rows` are of the same resource; `database` is the whole store's."""

    def __init__(self, database: Database, statements: Statements, rows: Rows) -> None:
        self._database = database
        self._rows = rows
        self._insert = statements.insert.text
        self._get = statements.get.text
        self._update = statements.update.text
        self._delete = statements.delete.text
        self._version = statements.version.text
        self._first_page = statements.first_page.text
        self._next_page = statements.next_page.text
        self._slice = statements.slice.text
        self._total = statements.total.text

    async def insert(self, record: Record) -> None:
        """Keep a new record; raises `StoreQueryFailed` if its id is taken."""
        parameters = self._rows.insert(record)

        def operation(cursor: sqlite3.Cursor) -> None:
            cursor.execute(self._insert, parameters)

        await self._database.write(operation)

    async def get(self, record_id: str) -> Record:
        """The record; raises `NotFound`."""
        row = self._database.read(lambda cursor: cursor.execute(self._get, (record_id,)).fetchone())
        if row is None:
            raise NotFound(record_id)
        return self._rows.record(row)

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        expected_version: int | None = None,
    ) -> Record:
        """The record as changed; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.update(record_id, changes, updated_at, expected_version)
        row = await self._database.write(self._conditional(self._update, parameters, record_id))
        return self._rows.record(row)

    async def delete(self, record_id: str, expected_version: int | None = None) -> None:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.delete(record_id, expected_version)
        await self._database.write(self._conditional(self._delete, parameters, record_id))

    async def slice(self, offset: int, limit: int) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and the number of all: both of one moment."""

        def read(cursor: sqlite3.Cursor) -> tuple[list[_Row], int]:
            return self._read_slice(cursor, offset, limit)

        if offset <= FARTHEST_INLINE_OFFSET:
            rows, total = self._database.read(read)
        else:
            rows, total = await self._database.read_apart(read)
        return [self._rows.record(row) for row in rows], total

    async def page(self, after: Position | None, limit: int) -> Sequence[Record]:
        """Up to `limit` records after a position: one search in the index, then its neighbours."""
        parameters: _Row
        if after is None:
            statement, parameters = self._first_page, (limit,)
        else:
            statement, parameters = self._next_page, position_parameters(after, limit)
        rows = self._database.read(lambda cursor: cursor.execute(statement, parameters).fetchall())
        return [self._rows.record(row) for row in rows]

    async def count(self) -> int:
        """The number of records, which triggers keep."""
        return self._database.read(self._read_total)

    def _conditional(self, statement: str, parameters: _Row, record_id: str) -> Operation[_Row]:
        """A write that gives back a row, or finds out in the same transaction why there is none."""

        def operation(cursor: sqlite3.Cursor) -> _Row:
            row: _Row | None = cursor.execute(statement, parameters).fetchone()
            if row is None:
                self._explain(cursor, record_id)
            return row

        return operation

    def _explain(self, cursor: sqlite3.Cursor, record_id: str) -> NoReturn:
        found = cursor.execute(self._version, (record_id,)).fetchone()
        if found is None:
            raise NotFound(record_id)
        raise VersionConflict(found[0])

    def _read_slice(self, cursor: sqlite3.Cursor, offset: int, limit: int) -> tuple[list[_Row], int]:
        """Rows and total in one snapshot; an offset past the end is answered by the total alone."""
        cursor.execute("BEGIN")
        try:
            total = self._read_total(cursor)
            rows = cursor.execute(self._slice, (limit, offset)).fetchall() if offset < total else []
        finally:
            # The engine may have ended it by itself, after an error.
            if cursor.connection.in_transaction:
                cursor.execute("COMMIT")
        return rows, total

    def _read_total(self, cursor: sqlite3.Cursor) -> int:
        (total,) = cursor.execute(self._total).fetchone()
        return int(total)
