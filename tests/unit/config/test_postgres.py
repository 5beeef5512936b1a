"""A PostgreSQL URL that cannot be right is refused before anything starts."""

import pytest

from estuary.config.database import DATABASE_URL, DatabaseLocation
from estuary.config.problems import Refused
from tests.unit.config.conftest import Load, Problems


@pytest.mark.parametrize(
    "rest",
    [
        "db/estuary",
        "estuary:s%40crt@db.example:5432/estuary",
        "estuary@[2001:db8::1]:5432/estuary",
        "estuary@a:5432,b:5433/estuary?target_session_attrs=read-write",
        "/estuary?host=/var/run/postgresql",
        "u:p@db/estuary?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem&application_name=shop",
    ],
)
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "PostgreSQL"])
def test_a_url_as_libpq_reads_it(scheme: str, rest: str) -> None:
    """Each scheme is the same store, and the rest is left as it is."""
    assert DatabaseLocation("postgres", url=f"postgres://{rest}") == DATABASE_URL.read(f"{scheme}://{rest}")


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("", "it names no host"),
        ("/estuary", "it names no host"),
        ("u:p@/estuary", "it names no host"),
        ("db", "it must name one database, after the host"),
        ("db/", "it must name one database, after the host"),
        ("db/a/b", "it must name one database, after the host"),
        ("u:p#w@db/estuary", "write # as %23"),
        *[
            (
                f"{hosts}/estuary",
                "a host is not of the form name:port; write @, : and / of a password as %40, %3A and %2F",
            )
            for hosts in ("db:", "db:0", "db:65536", "db:x", "db:5432:1", "[::1", "a b:1:2")
        ],
        ("db/estuary?sslmode", "its parameters are not of the form name=value"),
        (
            "db/estuary?sslmode=maybe",
            "sslmode is not disable, allow, prefer, require, verify-ca or verify-full",
        ),
        (
            "db/estuary?hunter2=1",
            "a parameter is not one of host, port, application_name, sslmode, sslrootcert, "  # noqa: ISC004
            "sslcert, sslkey, sslcrl, target_session_attrs",
        ),
    ],
)
def test_what_cannot_be_connected_to_is_refused(rest: str, reason: str) -> None:
    """The reason says what to mend, and repeats nothing of what may be a password."""
    with pytest.raises(Refused) as caught:
        DATABASE_URL.read(f"postgres://{rest}")
    assert reason == caught.value.reason


def test_a_type_without_a_place_is_a_mistake(load: Load, problems: Problems) -> None:
    """No server is guessed at: whoever says postgres must say where."""
    assert problems(DATABASE_TYPE="postgres") == (
        "DATABASE_TYPE is postgres (environment): DATABASE_URL must say where it is",
    )
    assert (
        "postgres" == load(DATABASE_TYPE="postgres", DATABASE_URL="postgres://db/x").settings.database.kind
    )
