"""Where a PostgreSQL server is: a `postgres://` URL as libpq reads it, checked before anything starts.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
"""

import re
from urllib.parse import parse_qsl

from estuary.config.forms import either
from estuary.config.problems import Refused

SCHEMES = ("postgres", "postgresql")

_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_SESSIONS = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
_PARAMETERS = {
    "host": (),
    "port": (),
    "application_name": (),
    "sslmode": _SSL_MODES,
    "sslrootcert": (),
    "sslcert": (),
    "sslkey": (),
    "sslcrl": (),
    "target_session_attrs": _SESSIONS,
}
"""Those that are understood, and the values of each that has but a few."""
_is_host = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\]]*)(?::(\d{1,5}))?").fullmatch
_MAX_PORT = 65_535


def check_postgres_url(rest: str) -> None:
    """Raise `Refused` if `rest`, what follows `postgres://`, names no database that can be connected to.

    The reasons repeat nothing of the text but the names that are known, for it may carry a password.
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


def _parameters(query: str) -> dict[str, str]:
    try:
        parameters = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise Refused("its parameters are not of the form name=value") from None
    for name, value in parameters.items():
        if name not in _PARAMETERS:
            raise Refused(f"a parameter is not one of {', '.join(_PARAMETERS)}")
        if _PARAMETERS[name] and value not in _PARAMETERS[name]:
            raise Refused(f"{name} is not {either(_PARAMETERS[name])}")
    return parameters


def _is_reachable(host: str) -> bool:
    match = _is_host(host)
    return match is not None and (match[1] is None or 0 < int(match[1]) <= _MAX_PORT)
