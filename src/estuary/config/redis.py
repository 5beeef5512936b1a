"""The form of REDIS_URL."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from estuary.config.errors import Refused
from estuary.config.forms import Form
from estuary.config.networks import is_host

_PORT = 6379
_SCHEMES = ("redis", "rediss", "unix")
_ESCAPES = "a password's @ / : ? # are written %40 %2F %3A %3F %23"
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""The parameters for TLS, named as in redis-py."""


class RedisLocation(NamedTuple):
    """The parts of a REDIS_URL; `path` is that of a Unix socket."""

    host: str = ""
    port: int = _PORT
    path: str = ""
    database: int = 0
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


def _location(text: str) -> RedisLocation | None:
    """Parse a location; messages of refusals repeat nothing of the text, which may contain a password."""
    if not text:
        return None
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise Refused(f"its host or port cannot be read; {_ESCAPES}") from None
    if url.scheme not in _SCHEMES:
        raise Refused("its scheme is not redis, rediss or unix")
    if url.fragment:
        raise Refused(f"nothing follows a #; {_ESCAPES}")
    location = RedisLocation(username=unquote(url.username or ""), password=unquote(url.password or ""))
    parameters = dict(parse_qsl(url.query, keep_blank_values=True))
    if url.scheme == "unix":
        if not url.path.startswith("/") or url.hostname:
            raise Refused("unix: takes three slashes before the socket's path")
        database = _database(parameters.pop("db", "0"))
        location = location._replace(path=unquote(url.path), database=database)
    else:
        if not is_host(url.hostname or ""):
            raise Refused(f"its host is no address or name; {_ESCAPES}")
        location = location._replace(
            host=url.hostname or "",
            port=port or _PORT,
            database=_database(parameters.pop("db", url.path.removeprefix("/") or "0")),
            tls=url.scheme == "rediss",
        )
    files = _files(parameters, tls=location.tls)
    return location._replace(
        ca_file=files.get("ssl_ca_certs"),
        certificate_file=files.get("ssl_certfile"),
        key_file=files.get("ssl_keyfile"),
    )


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise Refused("the database is a number, as in /0")
    return int(text)


def _files(parameters: dict[str, str], *, tls: bool) -> dict[str, Path]:
    if parameters.keys() - set(_FILES):
        raise Refused(f"the parameters that are understood are db, {', '.join(_FILES)}")
    if parameters and not tls:
        raise Refused("files for TLS go with rediss://")
    return {name: Path(value) for name, value in parameters.items()}


REDIS_URL = Form(
    "redis://, rediss:// (TLS) or unix:/// as in rediss://user:password@host:6379/0", _location
)
