"""Savepoints: statements that are undone together, within a transaction that others share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = "together"


@contextmanager
def savepoint(cursor: sqlite3.Cursor) -> Iterator[None]:
    """All that the block writes, or nothing of it where it raises; see https://www.sqlite.org/lang_savepoint.html."""
    cursor.execute(f"SAVEPOINT {_NAME}")
    try:
        yield
    except BaseException:
        # After some errors the engine has ended the whole transaction by itself.
        if cursor.connection.in_transaction:
            cursor.execute(f"ROLLBACK TO {_NAME}")
        raise
    finally:
        if cursor.connection.in_transaction:
            cursor.execute(f"RELEASE {_NAME}")
