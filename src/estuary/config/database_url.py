"""Which store to use, and where it is: DATABASE_URL and DATABASE_TYPE."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from estuary.config.convex import CONVEX, deployment
from estuary.config.errors import Refused
from estuary.config.forms import Form, choice
from estuary.config.postgres import DRIVERS as POSTGRES_DRIVERS
from estuary.config.postgres import SCHEMES as POSTGRES_SCHEMES
from estuary.config.postgres import postgres_url


class DatabaseLocation(NamedTuple):
    """A kind of store, and its place.

    `path` is SQLite's file, which may be relative to the working directory; `url` is a server's, and may
    contain a password.
    """

    kind: str
    path: Path | None = None
    url: str = ""


MEMORY = DatabaseLocation("memory")
SQLITE = DatabaseLocation("sqlite", Path("data/estuary.db"))
POSTGRES = "postgres"

DEFAULTS = {location.kind: location for location in (MEMORY, SQLITE)}
"""The places that a DATABASE_TYPE has without DATABASE_URL; the others require one."""

_DRIVERS = {SQLITE.kind: ("aiosqlite", "pysqlite")}
"""Drivers that may follow a scheme and a plus."""

DATABASE_TYPE = choice(*DEFAULTS, POSTGRES, CONVEX)


def _location(text: str) -> DatabaseLocation | None:
    """Parse a location; messages of refusals repeat nothing of the text, which may contain a password."""
    if not text:
        return None
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise Refused("it has no scheme")
    scheme = _without_driver(scheme.lower())
    if scheme == MEMORY.kind:
        if rest:
            raise Refused("nothing follows memory://")
        return MEMORY
    if scheme == SQLITE.kind:
        return DatabaseLocation(SQLITE.kind, _file(rest))
    if scheme in POSTGRES_SCHEMES:
        return DatabaseLocation(POSTGRES, url=postgres_url(rest))
    if scheme == CONVEX:
        return DatabaseLocation(CONVEX, url=deployment(f"https://{rest}") or "")
    raise Refused("there is no store for its scheme")


def _without_driver(scheme: str) -> str:
    """`scheme` without a driver, which SQLAlchemy's URLs may name: each store has one driver of its own."""
    name, plus, driver = scheme.partition("+")
    if not plus:
        return name
    drivers = POSTGRES_DRIVERS if name in POSTGRES_SCHEMES else _DRIVERS.get(name, ())
    if driver not in drivers:
        raise Refused("there is no store for its scheme: write it without + and what follows")
    return name


def _file(rest: str) -> Path:
    if not rest.startswith("/"):
        raise Refused("sqlite: takes three slashes before a relative path, four before an absolute one")
    path = rest[1:]
    if "?" in path or "#" in path:
        raise Refused("parameters are not understood; write ? and # of a path as %3F and %23")
    path = unquote(path)
    if path == ":memory:":
        raise Refused("records in memory are memory://")
    if not path.isprintable() or path.endswith("/") or not path:
        raise Refused("it names no file")
    return Path(path)


DATABASE_URL = Form(
    "memory://, sqlite:///relative/path.db, sqlite:////absolute/path.db, "
    "postgres://user:password@host:port/database or convex://host",
    _location,
)
