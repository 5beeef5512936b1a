"""The one seam where the driver's errors become Estuary's; texts name neither SQL nor data."""

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import StoreError, StoreQueryFailed, StoreUnavailable

DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    UnicodeError,
)
"""What the driver raises: the server's errors, its own, and those of the network."""

CLOSED = "The database is not open"
READ_ONLY = "25006"
CROWDED = "53300"

# https://www.postgresql.org/docs/current/errcodes-appendix.html: the server, its disk, a failover or
# another transaction stands in the way. The longest prefix decides.
_UNAVAILABLE = {
    "08": "the connection was lost",
    READ_ONLY: "the server takes no writes now",
    "28": "the server refuses the user",
    "3D000": "the server has no such database",
    "42703": "a column is not there: the tables are those of another release",
    "42P01": "a table is not there: the tables are those of another release",
    "40": "another transaction stood in the way",
    "53": "the server is short of resources",
    "53100": "the server's disk is full",
    CROWDED: "the server has no free connection",
    "55P03": "another transaction holds the lock",
    "57": "the server ended the query",
    "57014": "the query took too long",
    "57P01": "the server is shutting down",
    "57P02": "the server crashed",
    "57P03": "the server is starting up",
    "58": "the server's own files failed",
    "XX": "the server failed inside",
}
_LOST = ("08", "57P")
"""Where a connection is not worth keeping."""


def translate(error: BaseException) -> StoreError:
    """The error of Estuary's that `error`, one of `DRIVER_ERRORS`, stands for; to be raised `from` it."""
    if isinstance(error, TimeoutError):
        return StoreUnavailable("The database is unavailable: it did not answer in time")
    if isinstance(error, OSError) or (isinstance(error, _OF_DRIVER) and not isinstance(error, ValueError)):
        return StoreUnavailable("The database is unavailable: the connection was lost")
    reason = _reason(code_of(error))
    if reason is not None:
        return StoreUnavailable(f"The database is unavailable: {reason}")
    return StoreQueryFailed(f"The database refused a statement ({type(error).__name__})")


def is_lost(error: BaseException) -> bool:
    """Whether the connection that raised `error` may be in any state, or in none."""
    if isinstance(error, asyncpg.PostgresError):
        return code_of(error).startswith(_LOST)
    return not isinstance(error, Exception) or isinstance(error, DRIVER_ERRORS)


def is_contention(error: StoreError) -> bool:
    """Whether the server rolled a transaction back because another one stood in its way."""
    return code_of(error.__cause__ or error).startswith("40")


def code_of(error: BaseException) -> str:
    """The server's code for `error`, the empty text where the server did not speak."""
    return getattr(error, "sqlstate", None) or ""


_OF_DRIVER = (asyncpg.InterfaceError, asyncpg.InternalClientError)


def _reason(code: str) -> str | None:
    return next((_UNAVAILABLE[code[:n]] for n in (5, 2) if code and code[:n] in _UNAVAILABLE), None)
