"""The driver's errors and the two that a caller may meet."""

import sqlite3

import pytest

from estuary.core.errors import StoreQueryFailed, StoreRefused, StoreUnavailable
from estuary.stores.sqlite import errors


def driver_error(code: int, text: str = "no such table: secret") -> sqlite3.OperationalError:
    """An error as the driver raises it with SQLite's result `code`."""
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_BUSY_SNAPSHOT,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_FULL,
    ],
)
def test_what_stands_in_the_way_is_unavailable(code: int) -> None:
    """Files, disks and locks may be well again later, extended codes included."""
    translated = errors.translate(driver_error(code))

    assert StoreUnavailable is type(translated)
    assert "secret" not in str(translated)


@pytest.mark.parametrize(
    "code",
    [
        sqlite3.SQLITE_READONLY_DBMOVED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT_INDEX,
    ],
)
def test_what_only_an_operator_mends_is_a_refusal(code: int) -> None:
    """A start need not wait for it; while the service runs it is an outage like the others."""
    translated = errors.translate(driver_error(code))

    assert StoreRefused is type(translated)
    assert isinstance(translated, StoreUnavailable)
    assert "secret" not in str(translated)


@pytest.mark.parametrize("text", ["no such table: secret", "no such column: secret"])
def test_tables_of_another_release_are_unavailable(text: str) -> None:
    """A replica of the release before meets them once columns are renamed; the next one can serve."""
    error = driver_error(sqlite3.SQLITE_ERROR, text)
    assert StoreUnavailable is type(errors.translate(error))
    assert "secret" not in str(errors.translate(error))


@pytest.mark.parametrize(
    "error",
    [
        driver_error(sqlite3.SQLITE_ERROR, "near secret: syntax error"),
        driver_error(sqlite3.SQLITE_CONSTRAINT_CHECK),
        OverflowError(),
    ],
)
def test_what_is_refused_is_a_failed_query(error: Exception) -> None:
    """What would fail again is not worth a retry."""
    translated = errors.translate(error)

    assert StoreQueryFailed is type(translated)
    assert "secret" not in str(translated)
