"""The records of one resource in the database."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from estuary.core.errors import NotFound, VersionConflict
from estuary.core.ports import Written
from estuary.core.record import Position, Record
from estuary.core.terms import UNCONDITIONAL, WriteTerms
from estuary.stores.sql.rows import Rows, position_parameters
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
        self._everybodys = _Lists(
            statements.first_page.text,
            statements.next_page.text,
            statements.slice.text,
            statements.total.text,
        )
        self._owned = _Lists(
            statements.owned_first_page.text,
            statements.owned_next_page.text,
            statements.owned_slice.text,
            statements.owned_total.text,
        )

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
        lists, whose = self._lists(owner)

        def read(cursor: sqlite3.Cursor) -> tuple[list[_Row], int]:
            return _read_slice(cursor, lists, whose, offset, limit)

        if offset <= FARTHEST_INLINE_OFFSET:
            rows, total = self._database.read(read)
        else:
            rows, total = await self._database.read_apart(read)
        return [self._rows.record(row) for row in rows], total

    async def page(self, after: Position | None, limit: int, owner: str | None = None) -> Sequence[Record]:
        """Up to `limit` records after a position: one search in the index, then its neighbours."""
        lists, whose = self._lists(owner)
        parameters: _Row
        if after is None:
            statement, parameters = lists.first_page, (*whose, limit)
        else:
            statement, parameters = lists.next_page, (*whose, *position_parameters(after, limit))
        rows = self._database.read(lambda cursor: cursor.execute(statement, parameters).fetchall())
        return [self._rows.record(row) for row in rows]

    async def count(self, owner: str | None = None) -> int:
        """The number of records, which triggers keep."""
        lists, whose = self._lists(owner)
        return self._database.read(lambda cursor: _read_total(cursor, lists, whose))

    def _lists(self, owner: str | None) -> tuple["_Lists", _Row]:
        """The statements that see what `owner` may see, and the parameters with which theirs begin."""
        return (self._everybodys, ()) if owner is None else (self._owned, (owner,))

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
        if found is None or terms.owner not in (None, found[1]):
            raise NotFound(record_id)
        raise VersionConflict(found[0])


class _Lists(NamedTuple):
    """The statements behind lists, of all records or of one owner's."""

    first_page: str
    next_page: str
    slice: str
    total: str


def _read_slice(
    cursor: sqlite3.Cursor, lists: _Lists, whose: _Row, offset: int, limit: int
) -> tuple[list[_Row], int]:
    """Rows and total in one snapshot; an offset past the end is answered by the total alone."""
    cursor.execute("BEGIN")
    try:
        total = _read_total(cursor, lists, whose)
        parameters = (*whose, limit, offset)
        rows = cursor.execute(lists.slice, parameters).fetchall() if offset < total else []
    finally:
        # The engine may have ended it by itself, after an error.
        if cursor.connection.in_transaction:
            cursor.execute("COMMIT")
    return rows, total


def _read_total(cursor: sqlite3.Cursor, lists: _Lists, whose: _Row) -> int:
    (total,) = cursor.execute(lists.total, whose).fetchone()
    return int(total)
