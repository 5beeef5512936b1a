"""Which unique key a refused write would break."""

import sqlite3

from estuary.core.errors import UniqueConflict
from estuary.core.record import Record
from estuary.stores.sql.sql_resource import SqlResource


class UniqueConflicts:
    """Translates errors of the records of one resource.

    SQLite's message names columns, or an index, and which one it meets first depends on when each index was
    made. So the keys are asked one after the other, in the transaction of the write: that goes on, for the
    refused statement is undone alone.
    """

    def __init__(self, resource: SqlResource) -> None:
        self._keys = list(resource.unique_keys.values())

    def of(
        self, cursor: sqlite3.Cursor, error: sqlite3.IntegrityError, record: Record
    ) -> UniqueConflict | None:
        """The error to raise for `error`, which refused `record`; None where that breaks no unique key."""
        if error.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_UNIQUE:
            return None
        for statements in self._keys:
            asked = statements.rival(record)
            if asked is not None and cursor.execute(*asked).fetchone() is not None:
                return UniqueConflict(statements.key.fields)
        return UniqueConflict(())
