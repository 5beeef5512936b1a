"""The server's codes and the driver's errors, and the two that a caller may meet."""

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest

from estuary.core.errors import StoreQueryFailed, StoreUnavailable
from estuary.stores.postgres.errors import is_lost, translate
from tests.support.fake_postgres import server_error


@pytest.mark.parametrize(
    "code",
    [
        *("08006", "25006", "28P01", "3D000", "40001", "40P01", "53100", "53300", "55P03"),
        *("57014", "57P01", "57P02", "57P03", "58030", "XX000", "42703", "42P01"),
    ],
)
def test_what_stands_in_the_way_is_unavailable(code: str) -> None:
    """Outages, full disks, others' transactions and tables pass; the message has no data in it."""
    translated = translate(server_error(code))
    assert StoreUnavailable is type(translated)
    assert "secret" not in str(translated)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError("reset"),
        TimeoutError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InternalClientError("unexpected"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_connection_is_unavailable(error: BaseException) -> None:
    """Whatever the driver calls it, the server cannot be reached, and the connection is not kept."""
    assert StoreUnavailable is type(translate(error))
    assert is_lost(error)


@pytest.mark.parametrize("code", ["23505", "23514", "42P07", "42501", "22021"])
def test_what_the_server_refuses_would_be_refused_again(code: str) -> None:
    """Constraints, tables that are there and rights: the connection is as good as before."""
    error = server_error(code)
    assert StoreQueryFailed is type(translate(error))
    assert "secret" not in str(translate(error))
    assert not is_lost(error)


def test_a_defect_of_ours_says_nothing_of_the_connection() -> None:
    """An answer such as `NotFound`, raised amid the work, leaves the connection usable."""
    assert not is_lost(LookupError())
