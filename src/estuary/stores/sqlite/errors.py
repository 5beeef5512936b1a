"""The one seam where the driver's errors become Estuary's; texts name neither SQL nor paths."""

import re
import sqlite3

from estuary.core.errors import StoreError, StoreQueryFailed, StoreRefused, StoreUnavailable

DRIVER_ERRORS = (sqlite3.Error, UnicodeError, OverflowError)
"""What the driver raises; the last two for parameters it cannot bind."""

CLOSED = "The database is not open"

# https://www.sqlite.org/rescode.html: the file, the disk or another process stands in the way.
_UNAVAILABLE = {
    sqlite3.SQLITE_PERM: "access to the file was denied",
    sqlite3.SQLITE_BUSY: "another process holds the lock",
    sqlite3.SQLITE_LOCKED: "another connection holds the lock",
    sqlite3.SQLITE_NOMEM: "the process is out of memory",
    sqlite3.SQLITE_READONLY: "the file is read-only or was moved away",
    sqlite3.SQLITE_INTERRUPT: "the query was interrupted",
    sqlite3.SQLITE_IOERR: "reading or writing the file failed",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PROTOCOL: "the lock could not be taken",
    sqlite3.SQLITE_AUTH: "access to the file was denied",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
}

_OF_OTHER_TABLES = "^no such (table|column)|has no column named"
"""What SQLite says, under a code that stands for much else, once another release has migrated the file."""
_FOR_AN_OPERATOR = {
    *(sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB),
}
"""The errors that waiting does not mend: the rights of the file, and its content."""


def translate(error: BaseException) -> StoreError:
    """The error of Estuary's that `error`, one of `DRIVER_ERRORS`, stands for; to be raised `from` it."""
    code = _primary_code(error)
    if code in _UNAVAILABLE:
        kind = StoreRefused if code in _FOR_AN_OPERATOR else StoreUnavailable
        return kind(f"The database is unavailable: {_UNAVAILABLE[code]}")
    if code == sqlite3.SQLITE_ERROR and re.search(_OF_OTHER_TABLES, str(error)):
        return StoreUnavailable("The database is unavailable: its tables are those of another release")
    return StoreQueryFailed(f"The database refused a statement ({type(error).__name__})")


def is_busy(error: sqlite3.Error) -> bool:
    """Whether only another writer's lock stood in the way."""
    return _primary_code(error) == sqlite3.SQLITE_BUSY


def was_not_written(error: BaseException) -> bool:
    """Whether there was no room for what was to be written: on the disk, or by a quota or a limit."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)


def _primary_code(error: BaseException) -> int:
    """SQLite's result code without its extension, 0 where the driver itself complained."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
