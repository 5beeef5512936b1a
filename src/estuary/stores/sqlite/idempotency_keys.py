"""Writes that take effect once: the key is kept in the transaction of the write that carries it."""

import sqlite3
from typing import Generic

from estuary.core.writes.write_snapshots import OutcomeT
from estuary.core.writes.writes import IdempotencyKey
from estuary.stores.sql.idempotency_keys import KeyRows, KeyStatements
from estuary.stores.sqlite.savepoint import savepoint
from estuary.stores.sqlite.writer import Operation


class Keys(Generic[OutcomeT]):
    """The keys of one resource, or of several writes.

    The file has one writer at a time, so no two are ever at the same key.
    """

    def __init__(self, statements: KeyStatements, rows: KeyRows[OutcomeT]) -> None:
        self._statements = statements
        self._rows = rows

    def once(self, key: IdempotencyKey, write: Operation[OutcomeT]) -> Operation[OutcomeT]:
        """`write` if the key is new, else what the first write with it left behind."""

        def operation(cursor: sqlite3.Cursor) -> OutcomeT:
            found = self._find(cursor, key)
            return self._write(cursor, key, write) if found is None else found

        return operation

    def _find(self, cursor: sqlite3.Cursor, key: IdempotencyKey) -> OutcomeT | None:
        place = self._rows.place(key)
        row = cursor.execute(self._statements.find.text, place).fetchone()
        if row is None:
            return None
        if self._rows.is_expired(key, row):
            cursor.execute(self._statements.forget.text, place)
            return None
        return self._rows.replay(key, row)

    def _write(self, cursor: sqlite3.Cursor, key: IdempotencyKey, write: Operation[OutcomeT]) -> OutcomeT:
        """The write and its key, both or neither."""
        with savepoint(cursor):
            written = write(cursor)
            cursor.execute(self._statements.keep.text, self._rows.kept(key, written))
            cursor.execute(self._statements.expire.text, self._rows.expired(key))
        return written
