"""The parameters of a PostgreSQL URL: passed to the driver, translated, ignored or refused.

Supported are those of libpq, as far as the driver can, and those in the URLs of hosted PostgreSQL and of
other drivers. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

import re
from collections.abc import Callable
from pathlib import Path

from estuary.config.errors import Refused
from estuary.config.forms import either

_TLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_PASSED_ON: dict[str, tuple[str, ...]] = {
    "host": (),
    "port": (),
    "application_name": (),
    "options": (),
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslrootcert": (),
    "sslcert": (),
    "sslkey": (),
    "sslpassword": (),
    "sslcrl": (),
    "ssl_min_protocol_version": _TLS,
    "ssl_max_protocol_version": _TLS,
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
"""Parameters that the driver takes as they are, with their allowed values if there are few."""

_TRANSLATED: dict[str, tuple[str, ...]] = {
    # Prisma's and Django's name for the schema of the tables.
    "schema": (),
    # SQLAlchemy's and others' name for sslmode.
    "ssl": ("true", "false", *_PASSED_ON["sslmode"]),
    "channel_binding": ("disable", "prefer", "require"),
}
"""Parameters that are translated for the driver."""

_IGNORED_NUMBERS = (
    # DATABASE_TIMEOUT_SECONDS bounds every connection and every call, also to a lost server.
    *("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
    # A pooler is detected, and prepared statements are not used with it.
    *("statement_cache_size", "prepared_statement_cache_size"),
)
_IGNORED: dict[str, tuple[str, ...]] = {
    "keepalives": ("0", "1"),
    "pgbouncer": ("true", "false"),
    # Values that describe what is done in any case.
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "gssencmode": ("disable", "prefer"),
    "load_balance_hosts": ("disable",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
"""Parameters without effect: numbers, and others with the values that are allowed."""

_ELSEWHERE = {
    **dict.fromkeys(("user", "password"), "{} stands before the host, as in user:password@host"),
    **dict.fromkeys(("dbname", "database"), "{} stands after the host, as in host/database"),
    **dict.fromkeys(
        ("connection_limit", "pool_size", "max_size", "pool_max_conns"),
        "{} is not read: DATABASE_POOL_SIZE says how many connections there may be",
    ),
    **dict.fromkeys(
        ("pool_timeout", "socket_timeout", "command_timeout", "statement_timeout"),
        "{} is not read: DATABASE_TIMEOUT_SECONDS says how long a call may take",
    ),
    "search_path": "{} is not read: write schema=NAME",
    "require_auth": "{} cannot be demanded here: sslmode=verify-full makes sure of the server",
}
"""Parameters that belong somewhere else, and where."""

_VALUES = {**_PASSED_ON, **_TRANSLATED, **_IGNORED}
UNDERSTOOD = (*_VALUES, *_IGNORED_NUMBERS)

_NUMBER = r"-?[0-9]{1,9}"
_NEVER_ENCRYPTED = ("disable", "allow")
_AUTHORITIES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""The files with certificate authorities on Debian and Alpine, Fedora, openSUSE, and BSD and macOS."""


def system_authorities() -> Path | None:
    """The file with the certificate authorities that this machine trusts, None if it has none."""
    import ssl  # only where it is asked for: OpenSSL takes up 4 MB

    default = ssl.get_default_verify_paths().cafile
    found = (Path(path) for path in (default, *_AUTHORITIES) if path)
    return next((path for path in found if path.is_file()), None)


def for_driver(
    parameters: dict[str, str], authorities: Callable[[], Path | None] = system_authorities
) -> dict[str, str]:
    """The parameters for the driver; raises `Refused`, with no value in its message."""
    for name, value in parameters.items():
        _check(name, value)
    passed_on = {name: value for name, value in parameters.items() if name in _PASSED_ON}
    if "schema" in parameters:
        passed_on["search_path"] = _identifier(parameters["schema"])
    mode = _ssl_mode(parameters)
    if mode is not None:
        passed_on["sslmode"] = mode
    if _relies_on_system(parameters):
        passed_on["sslrootcert"] = str(_demand(authorities()))
    return passed_on


def _check(name: str, value: str) -> None:
    if name in _ELSEWHERE:
        raise Refused(_ELSEWHERE[name].format(name))
    if name not in UNDERSTOOD:
        raise Refused(f"a parameter is not one of {', '.join(UNDERSTOOD)}")
    if name in _IGNORED_NUMBERS and not re.fullmatch(_NUMBER, value):
        raise Refused(f"{name} is not a number")
    allowed = _VALUES.get(name, ())
    if allowed and value not in allowed:
        raise Refused(f"{name} is not {either(allowed)}")
    if name == "schema" and not value:
        raise Refused("schema names no schema")


def _ssl_mode(parameters: dict[str, str]) -> str | None:
    """The effective `sslmode`, None if it is not set."""
    mode = parameters.get("sslmode")
    other = parameters.get("ssl")
    if other is not None:
        other = {"true": "require", "false": "disable"}.get(other, other)
        if mode not in (None, other):
            raise Refused("ssl and sslmode say different things: leave one of them out")
        mode = other
    if parameters.get("sslrootcert") == "system":
        if mode not in (None, "verify-full"):
            raise Refused("sslrootcert=system goes with sslmode=verify-full alone")
        mode = "verify-full"
    if parameters.get("channel_binding") == "require":
        if mode in _NEVER_ENCRYPTED:
            raise Refused(f"channel_binding=require needs TLS, which sslmode={mode} does without")
        # The driver does not support channel binding. It prevents another server from impersonating this
        # one; so does verifying the server's certificate and its host name.
        mode = "verify-full"
    return mode


def _relies_on_system(parameters: dict[str, str]) -> bool:
    """Whether the server's certificate is to be verified against the system's authorities."""
    if parameters.get("channel_binding") == "require":
        return parameters.get("sslrootcert", "system") == "system"
    return parameters.get("sslrootcert") == "system"


def _demand(authorities: Path | None) -> Path:
    if authorities is None:
        raise Refused("this machine has no file of authorities' certificates: name one with sslrootcert")
    return authorities


def _identifier(name: str) -> str:
    """`name` as a quoted identifier (https://www.postgresql.org/docs/current/sql-syntax-lexical.html)."""
    return '"{}"'.format(name.replace('"', '""'))
