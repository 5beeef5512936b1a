"""A PostgreSQL URL that cannot be right is refused before anything starts."""

import ssl
from pathlib import Path

import pytest

from estuary.config.database_url import DATABASE_URL, DatabaseLocation
from estuary.config.errors import Refused
from estuary.config.postgres_parameters import UNDERSTOOD, for_driver, system_authorities
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
        ("db/estuary?hunter2=1", f"a parameter is not one of {', '.join(UNDERSTOOD)}"),
        ("db/estuary?connect_timeout=soon", "connect_timeout is not a number"),
        ("db/estuary?channel_binding=maybe", "channel_binding is not disable, prefer or require"),
        (
            "db/estuary?channel_binding=require&sslmode=disable",
            "channel_binding=require needs TLS, which sslmode=disable does without",
        ),
        ("db/estuary?gssencmode=require", "gssencmode is not disable or prefer"),
        ("db/estuary?load_balance_hosts=random", "load_balance_hosts is not disable"),
        (
            "db/estuary?sslrootcert=system&sslmode=require",
            "sslrootcert=system goes with sslmode=verify-full alone",
        ),
        (
            "db/estuary?ssl=true&sslmode=disable",
            "ssl and sslmode say different things: leave one of them out",
        ),
        ("db/estuary?schema=", "schema names no schema"),
        ("db/estuary?password=hunter2", "password stands before the host, as in user:password@host"),
        ("db/estuary?dbname=other", "dbname stands after the host, as in host/database"),
        (
            "db/estuary?connection_limit=1",
            "connection_limit is not read: DATABASE_POOL_SIZE says how many connections there may be",
        ),
        (
            "db/estuary?statement_timeout=1",
            "statement_timeout is not read: DATABASE_TIMEOUT_SECONDS says how long a call may take",
        ),
        (
            "db/estuary?require_auth=scram-sha-256",
            "require_auth cannot be demanded here: sslmode=verify-full makes sure of the server",
        ),
    ],
)
def test_what_cannot_be_connected_to_is_refused(rest: str, reason: str) -> None:
    """The reason says what to mend, and repeats nothing of what may be a password."""
    with pytest.raises(Refused) as caught:
        DATABASE_URL.read(f"postgres://{rest}")
    assert reason == caught.value.reason


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ("connect_timeout=10", ""),
        ("connect_timeout=10&application_name=shop", "application_name=shop"),
        ("keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3", ""),
        ("tcp_user_timeout=0&gssencmode=disable&sslsni=1&sslcompression=0", ""),
        ("pgbouncer=true&statement_cache_size=0&prepared_statement_cache_size=0", ""),
        ("client_encoding=utf8&load_balance_hosts=disable", ""),
        ("channel_binding=prefer&sslmode=require", "sslmode=require"),
        ("channel_binding=disable", ""),
        ("options=endpoint%3Dep-cool-1", "options=endpoint%3Dep-cool-1"),
        ("options=-c%20search_path%3Dshop", "options=-c%20search_path%3Dshop"),
        ("options=-c+search_path=shop", "options=-c%20search_path%3Dshop"),
        ("schema=shop", "search_path=%22shop%22"),
        ('schema=a"b', "search_path=%22a%22%22b%22"),
        ("ssl=true", "sslmode=require"),
        ("ssl=false", "sslmode=disable"),
        ("ssl=verify-ca&sslrootcert=/ca.pem", "sslrootcert=/ca.pem&sslmode=verify-ca"),
        ("ssl=true&sslmode=require", "sslmode=require"),
        ("sslnegotiation=direct&sslmode=require", "sslnegotiation=direct&sslmode=require"),
        ("ssl_min_protocol_version=TLSv1.3", "ssl_min_protocol_version=TLSv1.3"),
        ("host=/cloudsql/project:region:instance", "host=/cloudsql/project%3Aregion%3Ainstance"),
    ],
)
def test_what_hosted_databases_say_is_understood(given: str, passed_on: str) -> None:
    """Their URLs can be taken as they are: each parameter is honoured, or changes nothing here."""
    read = DATABASE_URL.read(f"postgres://u:p@db/estuary?{given}")
    wanted = f"postgres://u:p@db/estuary{passed_on and '?'}{passed_on}"
    assert DatabaseLocation("postgres", url=wanted) == read


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ({"sslrootcert": "system"}, {"sslrootcert": "/ca", "sslmode": "verify-full"}),
        ({"channel_binding": "require"}, {"sslrootcert": "/ca", "sslmode": "verify-full"}),
        (
            {"channel_binding": "require", "sslmode": "require"},
            {"sslrootcert": "/ca", "sslmode": "verify-full"},
        ),
        (
            {"channel_binding": "require", "sslrootcert": "/own.pem"},
            {"sslrootcert": "/own.pem", "sslmode": "verify-full"},
        ),
        ({"sslmode": "verify-full", "sslrootcert": "/own.pem"},) * 2,
    ],
)
def test_the_machines_authorities_vouch_for_a_server(
    given: dict[str, str], passed_on: dict[str, str]
) -> None:
    """Where the URL says so, and where it demands what only a certificate can give here."""
    assert passed_on == for_driver(given, lambda: Path("/ca"))
    if passed_on["sslrootcert"] == "/ca":
        with pytest.raises(Refused) as caught:
            for_driver(given, lambda: None)
        assert "name one with sslrootcert" in caught.value.reason


def test_a_machine_has_a_file_of_authorities() -> None:
    """Where one is found, it can be used."""
    found = system_authorities()
    if found is not None:
        assert ssl.create_default_context(cafile=found).cert_store_stats()["x509_ca"] > 0


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("postgresql+asyncpg://u:p@db/estuary", "postgres://u:p@db/estuary"),
        ("postgresql+asyncpg://u:p@db/estuary?ssl=require", "postgres://u:p@db/estuary?sslmode=require"),
        ("postgres+psycopg2://db/estuary", "postgres://db/estuary"),
        ("POSTGRESQL+PSYCOPG://db/estuary", "postgres://db/estuary"),
        ("sqlite+aiosqlite:///data/x.db", "sqlite:///data/x.db"),
        ("sqlite+pysqlite:////data/x.db", "sqlite:////data/x.db"),
    ],
)
def test_the_driver_in_a_scheme_says_nothing(url: str, plain: str) -> None:
    """SQLAlchemy's URLs name one; here each store has its own."""
    assert DATABASE_URL.read(plain) == DATABASE_URL.read(url)


@pytest.mark.parametrize(
    "scheme", ["postgresql+oursql", "postgres+", "sqlite+asyncpg", "memory+x", "mysql+x"]
)
def test_a_driver_that_never_was_is_refused(scheme: str) -> None:
    """It may be a slip of the pen in the name of the database, too."""
    with pytest.raises(Refused, match=r"write it without \+"):
        DATABASE_URL.read(f"{scheme}://db/estuary")


def test_a_type_without_a_place_is_a_mistake(load: Load, problems: Problems) -> None:
    """There is no default server: the URL must name one."""
    assert ("DATABASE_TYPE is postgres (environment): DATABASE_URL must say where it is",) == problems(
        DATABASE_TYPE="postgres"
    )
    assert (
        "postgres" == load(DATABASE_TYPE="postgres", DATABASE_URL="postgres://db/x").settings.database.kind
    )
