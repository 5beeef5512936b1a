"""How a connection to the server is made, and the errors where none can be."""

import socket
import ssl
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import StoreRefused, StoreUnavailable
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import DRIVER_ERRORS, code_of, translate

SERVER_SHARE = 0.9
"""The server's share of the time for a call: it ends a query before the connection is given up."""
_BACKEND = "SELECT pg_backend_pid()"


class Connector:
    """Makes connections to the server at `url`; `timeout` (seconds) bounds making one and every query.

    A pooler such as PgBouncer may give each transaction another of the server's sessions. It is known by
    the process number that it made up: then nothing is prepared, and nothing set, that would have to last.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._address = _Address.of(url)
        self._settings = _session_settings(timeout)
        self.is_pooled = False

    async def look(self) -> None:
        """Find out what is at the other end; raises `StoreUnavailable`, saying what to do."""
        connection = await self.connect(plain=True)
        try:
            backend = await connection.fetchval(_BACKEND, timeout=self._timeout)
            self.is_pooled = backend != connection.get_server_pid()
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            connection.terminate()

    async def connect(self, *, plain: bool = False, unlimited: bool = False) -> Connection:
        """A new connection, `plain` without anything that a pooler might not know.

        On an `unlimited` one statements have no timeout.

        Raises `StoreUnavailable`, saying what an operator can do, and `StoreRefused` where only one can.
        """
        plain = plain or self.is_pooled
        try:
            made: Connection = await asyncpg.connect(
                self._url,
                timeout=self._timeout,
                command_timeout=None if unlimited else self._timeout,
                # A thousand forms of list queries would take 117 MB in each of the server's sessions.
                statement_cache_size=0 if plain else 200,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                server_settings=self._address.settings | ({} if plain else self._settings),
            )
            await made.set_type_codec(
                "date", schema="pg_catalog", encoder=_to_days, decoder=_from_days, format="tuple"
            )
        except (*DRIVER_ERRORS, ValueError) as error:
            refused = StoreRefused if _is_refusal(error, self._address) else StoreUnavailable
            raise refused(_advice(error, self._address)) from error
        return made


_EPOCH_ORDINAL = date(2000, 1, 1).toordinal()
"""https://www.postgresql.org/docs/current/datatype-datetime.html; the driver's codecs count from it."""


def _to_days(day: date) -> tuple[int]:
    """`day` as the driver sends it, which takes the first and the last date for infinite ones by itself."""
    return (day.toordinal() - _EPOCH_ORDINAL,)


def _from_days(days: tuple[int]) -> date:
    """The inverse of `_to_days`."""
    return date.fromordinal(days[0] + _EPOCH_ORDINAL)


_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
"""The parameters of a URL that name files."""


class _Address(NamedTuple):
    """What of a URL may be shown to an operator, and the name by which the server shows us."""

    hosts: str
    user: str
    database: str
    settings: dict[str, str]
    files: list[str]

    @classmethod
    def of(cls, url: str) -> "_Address":
        location, _, query = url.partition("://")[2].partition("?")
        authority, _, database = location.partition("/")
        user, _, hosts = authority.rpartition("@")
        parameters = parse_qs(query)
        settings = {} if "application_name" in parameters else {"application_name": "estuary"}
        hosts = hosts or ",".join(parameters.get("host", []))
        files = [path for name in _FILES for path in parameters.get(name, [])]
        return cls(hosts, unquote(user.partition(":")[0]), unquote(database), settings, files)

    @property
    def missing_file(self) -> str | None:
        """The first file that the URL names and that is not there."""
        return next((path for path in self.files if not Path(path).exists()), None)


def _session_settings(timeout: float) -> dict[str, str]:
    """The settings of each session of the server, by PostgreSQL's names."""
    milliseconds = round(timeout * 1000 * SERVER_SHARE)
    return {
        "statement_timeout": str(milliseconds),
        "idle_in_transaction_session_timeout": str(round(timeout * 1000)),
        # All our queries are served by an index whatever the sizes of the tables: plan each once, and never
        # for the table as it happened to be when it was small.
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
        "enable_bitmapscan": "off",
        # A plan without values takes few records for equal: it would read all that are in one index, and
        # sort them, where another index gives the page in order.
        "enable_sort": "off",
        "enable_incremental_sort": "off",
        "random_page_cost": "1",
        "jit": "off",
    }


def _is_refusal(error: BaseException, address: _Address) -> bool:
    """Whether only an operator can mend the cause of `error`: a server that starts is waited for."""
    code = code_of(error)
    if code:
        return code in _FOR_AN_OPERATOR
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return True
    return _is_about_tls(error) or address.missing_file is not None


def _is_about_tls(error: BaseException) -> bool:
    # The driver says so in words alone where the server knows no TLS.
    return isinstance(error, ssl.SSLError) or "SSL" in str(error)


def _advice(error: BaseException, address: _Address) -> str:
    """What an operator reads at start-up; it names no password."""
    server = f"PostgreSQL at {address.hosts}"
    hint = _HINTS.get(code_of(error))
    if hint is not None:
        return f"{server} {hint.format(user=address.user, database=address.database)}"
    if isinstance(error, TimeoutError):
        return f"{server} did not answer in time: is it running, and is the host in DATABASE_URL right?"
    if isinstance(error, socket.gaierror):
        return f"{server} cannot be found: no such host is known; correct it in DATABASE_URL"
    if _is_about_tls(error):
        return f"{server} does not agree on TLS ({error}): see sslmode and sslrootcert in DATABASE_URL"
    missing = address.missing_file
    if missing is not None:
        return f"The file {missing}, which DATABASE_URL names, is not there"
    if isinstance(error, OSError):
        reason = error.strerror or error
        return (
            f"{server} cannot be reached ({reason}): is it running, and is the host in DATABASE_URL right?"
        )
    return f"{server} cannot be used ({type(error).__name__}: {error}): see DATABASE_URL"


_FOR_AN_OPERATOR = frozenset({"28P01", "28000", "3D000", "42501"})
_HINTS = {
    "28P01": "refuses the password of user {user}: correct it in DATABASE_URL",
    "28000": "refuses user {user}: is there such a role, and may it connect from here (pg_hba.conf)?",
    "3D000": "has no database {database}: create it, or name another in DATABASE_URL",
    "53300": "has no free connection: raise its max_connections, or lower DATABASE_POOL_SIZE",
    "57P03": "is starting up, or is a standby that takes no connections: try again",
    "42501": "does not let user {user} into database {database}: grant it CONNECT",
}
"""By the server's code."""
