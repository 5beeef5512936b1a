"""Dry runs: writes that are made and undone again, within a transaction that others share."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from estuary.stores.sqlite.savepoint import savepoint
from estuary.stores.sqlite.writer import Operation

T = TypeVar("T")


def tried(operation: Operation[T], told: Callable[[T], T]) -> Operation[T]:
    """What `operation` gives or raises, of which nothing is left; `told` makes it that of a dry run."""

    def dry_run(cursor: sqlite3.Cursor) -> T:
        with savepoint(cursor, dry_run=True):
            outcome = operation(cursor)
        return told(outcome)

    return dry_run
