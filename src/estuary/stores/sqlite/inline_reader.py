"""The connection for reads that a page bounds: they run on the event loop."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from estuary.core.errors import StoreUnavailable
from estuary.stores.sqlite.errors import CLOSED, DRIVER_ERRORS, translate

T = TypeVar("T")


class InlineReader:
    """Reads here and now, between `open` and `close`; a point read costs some 5 µs, 174 through a thread.

    Every read raises `StoreUnavailable` outside of that, and what `translate` makes of the driver's errors.
    """

    def __init__(self) -> None:
        self._cursor: sqlite3.Cursor | None = None
        self._reason = CLOSED

    def open(self, connection: sqlite3.Connection) -> None:
        """Read over `connection` from now on."""
        self._cursor = connection.cursor()

    def close(self, reason: str = CLOSED) -> None:
        """Close the connection, if there is one; `reason` is the error of reads from now on."""
        self._reason = reason
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.connection.close()

    def row(self, statement: str, parameters: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The one row that a statement gives, or None."""
        cursor = self._cursor
        if cursor is None:
            raise StoreUnavailable(self._reason)
        try:
            row: tuple[Any, ...] | None = cursor.execute(statement, parameters).fetchone()
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        return row

    def read(self, read: Callable[[sqlite3.Cursor], T]) -> T:
        """The outcome of `read`."""
        cursor = self._cursor
        if cursor is None:
            raise StoreUnavailable(self._reason)
        try:
            return read(cursor)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
