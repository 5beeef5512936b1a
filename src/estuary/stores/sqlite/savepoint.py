"""Savepoints: statements that are undone together, within a transaction that others share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = "together"


@contextmanager
def savepoint(cursor: sqlite3.Cursor, *, dry_run: bool = False) -> Iterator[None]:
    """All that the block writes, or nothing of it where it raises, or in a dry run.

    See https://www.sqlite.org/lang_savepoint.html.
    """
    cursor.execute(f"SAVEPOINT {_NAME}")
    keeps = False
    try:
        yield
        keeps = not dry_run
    finally:
        # After some errors the engine has ended the whole transaction by itself.
        if cursor.connection.in_transaction and not keeps:
            cursor.execute(f"ROLLBACK TO {_NAME}")
        if cursor.connection.in_transaction:
            cursor.execute(f"RELEASE {_NAME}")
