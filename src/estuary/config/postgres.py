"""The form of a `postgres://` URL, parsed as libpq does.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

import re
from urllib.parse import parse_qsl, quote, urlencode

from estuary.config.errors import Refused
from estuary.config.postgres_parameters import for_driver

SCHEMES = ("postgres", "postgresql")
DRIVERS = ("asyncpg", "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "pg8000")
"""Drivers that may follow a scheme and a plus, as in SQLAlchemy's URLs; they are ignored."""

_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]*)(?::(\d{1,5}))?"
_MAX_PORT = 65_535


def postgres_url(rest: str) -> str:
    """The URL for the driver; `rest` is what follows `postgres://`.

    Raises `Refused` if no database can be connected to with it. Messages contain only known names of the
    text, as it may contain a password.
    """
    if "#" in rest:
        raise Refused("write # as %23")
    address, _, query = rest.partition("?")
    authority, _, database = address.partition("/")
    parameters = _parameters(query)
    hosts = authority.rpartition("@")[2].split(",")
    if not (any(hosts) or parameters.get("host")):
        raise Refused("it names no host")
    if not all(_is_reachable(host) for host in hosts):
        raise Refused(
            "a host is not of the form name:port; write @, : and / of a password as %40, %3A and %2F"
        )
    if not database or "/" in database:
        raise Refused("it must name one database, after the host")
    passed_on = urlencode(for_driver(parameters), safe="/", quote_via=quote)
    return f"postgres://{address}{passed_on and '?'}{passed_on}"


def _parameters(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise Refused("its parameters are not of the form name=value") from None


def _is_reachable(host: str) -> bool:
    match = re.fullmatch(_HOST, host)
    return match is not None and (match[1] is None or 0 < int(match[1]) <= _MAX_PORT)
