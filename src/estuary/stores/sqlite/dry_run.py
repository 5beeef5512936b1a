"""Dry runs: writes that are made and undone again, within a transaction that others share."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from estuary.stores.sqlite.savepoint import savepoint
from estuary.stores.sqlite.writer import Operation

T = TypeVar("T")


def tried(operation: Operation[T], as_dry_run: Callable[[T], T]) -> Operation[T]:
    """What `operation` gives or raises, undone; `as_dry_run` makes it that of a dry run."""

    def dry_run(cursor: sqlite3.Cursor) -> T:
        with savepoint(cursor, dry_run=True):
            outcome = operation(cursor)
        return as_dry_run(outcome)

    return dry_run
