"""PostgreSQL: what reading, creating and listing cost there, beside others on the same server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from bench import exchange
from bench.contenders import kinto
from bench.contenders.postgres import estuary, on_postgres
from bench.exchange import Exchange, page_after
from bench.fill import fill_postgres, middle
from bench.load import CONNECTIONS
from bench.question import Entry, Settings
from bench.scale import SMALL
from bench.series import Series
from bench.throughput import Throughput
from tests.support.servers.postgres import Postgres, postgres_server

SERVER = {"fsync": "on", "shared_buffers": "256MB"}
"""As in production as far as it matters here: what was acknowledged is on the disk."""

Asked = Callable[[str], Exchange]


@contextmanager
def running_server() -> Iterator[Postgres]:
    """The one that the tests bring along."""
    with postgres_server(SERVER) as server:
        yield server


@dataclass(frozen=True)
class PostgresThroughput:
    """Answers a second of each contender; `kinto_asked` is the same for Kinto, if it can."""

    name: str
    title: str
    asked: Asked
    kinto_asked: Asked | None
    base: str = "rsgi-asyncpg"
    connections: int = CONNECTIONS

    def measure(self, settings: Settings) -> list[Series]:
        """Start the server, then ask its contenders in turn."""
        with running_server() as server:
            entries = list(self._entries(server))
            throughput = Throughput(self.name, self.title, self.base, entries, self.connections)
            return throughput.measure(settings)

    def _entries(self, server: Postgres) -> Iterator[Entry]:
        for contender in on_postgres(server.create_database):
            asked = self.kinto_asked if contender.name == "kinto" else self.asked
            if asked is not None:
                yield Entry(contender.name, contender.label, contender, asked)


@dataclass(frozen=True)
class PostgresScale:
    """Lists of 20 a second, by the number of records in the table."""

    name: str = "postgres-scale"
    title: str = "List 20 items, by the size of the table (PostgreSQL)"
    base: str = "first-small"

    def measure(self, settings: Settings) -> list[Series]:
        """Fill a table of each size, and ask for its first slice, with the total, and a page behind it."""
        with running_server() as server:
            entries = list(_entries(server, settings.large))
            return Throughput(self.name, self.title, self.base, entries).measure(settings)


def _entries(server: Postgres, large: int) -> Iterator[Entry]:
    for size, count in (("small", SMALL), ("large", large)):
        filled = estuary(partial(_filled, server, count), f"{count:,} items")
        yield Entry(f"first-{size}", f"First slice and total, {count:,} items", filled, _first)
        yield Entry(f"page-{size}", f"Page by cursor, {count:,} items", filled, _middle_page(count))


def _filled(server: Postgres, count: int, name: str) -> str:
    url = server.create_database(name)
    fill_postgres(url, lambda sql: server.execute(sql, name), count)
    return url


def _first(_: str) -> Exchange:
    return exchange.page()


def _middle_page(count: int) -> Asked:
    asked = page_after(middle(count))
    return lambda _: asked


def _create(_: str) -> Exchange:
    return exchange.create()


def _kinto_create(_: str) -> Exchange:
    return kinto.create()


POSTGRES_QUESTIONS = (
    PostgresThroughput("postgres-read", "Read one item from PostgreSQL", exchange.read, kinto.read),
    # Without Kinto: of creates that come at once in a collection it turns some away with a 409.
    PostgresThroughput("postgres-create", "Create an item in PostgreSQL", _create, None),
    PostgresThroughput(
        "postgres-create-alone",
        "Create an item in PostgreSQL, one after the other",
        _create,
        _kinto_create,
        connections=1,
    ),
    PostgresScale(),
)
