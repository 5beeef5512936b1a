"""The records of one resource in the database."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from estuary.core.errors import NotFound
from estuary.core.record import Position, Record, Written
from estuary.core.terms import UNCONDITIONAL, WriteTerms
from estuary.stores.sql.lists import Asked, Lists
from estuary.stores.sql.refusals import refusal
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import Statements
from estuary.stores.sqlite.database import Database
from estuary.stores.sqlite.keys import Keys
from estuary.stores.sqlite.writer import Operation

FARTHEST_INLINE_OFFSET = 2000
"""Walking to this offset costs some 130 µs, not more than the way through a thread would."""

_Row = tuple[Any, ...]


class SqliteCollection:
    """Implements `Collection` and `ImmediateReads`.

    `statements`, `rows` and `keys` are of the same resource; `database` is the whole store's.
    """

    def __init__(self, database: Database, statements: Statements, rows: Rows, keys: Keys) -> None:
        self._database = database
        self._rows = rows
        self._keys = keys
        self._insert = statements.insert.text
        self._get = statements.get.text
        self._update = statements.update.text
        self._delete = statements.delete.text
        self._version = statements.version.text
        self._lists = Lists(statements)

    async def insert(self, record: Record, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `StoreQueryFailed` if its id is taken."""
        parameters = self._rows.insert(record)

        def operation(cursor: sqlite3.Cursor) -> Record:
            cursor.execute(self._insert, parameters)
            return record

        return await self._write(operation, terms)

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        return self.get_now(record_id, owner)

    def get_now(self, record_id: str, owner: str | None) -> Record:
        """As `get`."""
        row = self._database.row(self._get, (record_id,))
        if row is None:
            raise NotFound(record_id)
        record = self._rows.record(row)
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        terms: WriteTerms = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.update(record_id, changes, updated_at, terms)

        def operation(cursor: sqlite3.Cursor) -> Record:
            return self._rows.record(self._one(cursor, self._update, parameters, record_id, terms))

        return await self._write(operation, terms)

    async def delete(self, record_id: str, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.delete(record_id, terms)

        def operation(cursor: sqlite3.Cursor) -> None:
            self._one(cursor, self._delete, parameters, record_id, terms)

        return await self._write(operation, terms)

    async def slice(
        self, offset: int, limit: int, owner: str | None = None
    ) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and the number of all: both of one moment."""
        wanted, total_of = self._lists.slice(owner), self._lists.total(owner)

        def read(cursor: sqlite3.Cursor) -> tuple[list[_Row], int]:
            return _read_slice(cursor, wanted, total_of, offset, limit)

        if offset <= FARTHEST_INLINE_OFFSET:
            rows, total = self._database.read(read)
        else:
            rows, total = await self._database.read_apart(read)
        return [self._rows.record(row) for row in rows], total

    async def page(self, after: Position | None, limit: int, owner: str | None = None) -> Sequence[Record]:
        """Up to `limit` records after a position: one search in the index, then its neighbours."""
        statement, parameters = self._lists.page(after, limit, owner)
        rows = self._database.read(lambda cursor: cursor.execute(statement, parameters).fetchall())
        return [self._rows.record(row) for row in rows]

    async def count(self, owner: str | None = None) -> int:
        """The number of records, which triggers keep."""
        asked = self._lists.total(owner)
        return self._database.read(lambda cursor: _read_total(cursor, asked))

    async def _write(self, operation: Operation[Record | None], terms: WriteTerms) -> Written:
        if terms.key is None:
            return Written(await self._database.write(operation))
        return await self._database.write(self._keys.once(terms.key, operation))

    def _one(
        self, cursor: sqlite3.Cursor, statement: str, parameters: _Row, record_id: str, terms: WriteTerms
    ) -> _Row:
        """The row that a write gives back; raises, in the same transaction, why there is none."""
        row: _Row | None = cursor.execute(statement, parameters).fetchone()
        if row is not None:
            return row
        found = cursor.execute(self._version, (record_id,)).fetchone()
        raise refusal(found, record_id, terms)


def _read_slice(
    cursor: sqlite3.Cursor, wanted: Asked, total_of: Asked, offset: int, limit: int
) -> tuple[list[_Row], int]:
    """Rows and total in one snapshot; an offset past the end is answered by the total alone."""
    cursor.execute("BEGIN")
    try:
        total = _read_total(cursor, total_of)
        parameters = (*wanted.parameters, limit, offset)
        rows = cursor.execute(wanted.statement, parameters).fetchall() if offset < total else []
    finally:
        # The engine may have ended it by itself, after an error.
        if cursor.connection.in_transaction:
            cursor.execute("COMMIT")
    return rows, total


def _read_total(cursor: sqlite3.Cursor, asked: Asked) -> int:
    (total,) = cursor.execute(*asked).fetchone()
    return int(total)
