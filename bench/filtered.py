"""A list with a condition that an index serves, as each service gives it by default."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from bench import exchange
from bench.contenders import kinto, pocketbase
from bench.contenders.contender import Contender
from bench.contenders.estuary import ESTUARY_SQLITE
from bench.contenders.pocketbase import POCKETBASE
from bench.contenders.postgres import on_postgres
from bench.exchange import Exchange
from bench.postgres import running_server
from bench.question import Entry, Settings
from bench.series import Series
from bench.throughput import Throughput

_SINCE = "2026-01-01T00:00:00Z"
_ASKED: Mapping[str, Exchange] = {
    "postgres": exchange.page_where(f"created_at.gte={_SINCE}"),
    "sqlite": exchange.page_where(f"created_at.gte={_SINCE}"),
    "fastapi-sqlalchemy": exchange.page_where(f"created_since={_SINCE}"),
    "kinto": kinto.page_since(1),
    "pocketbase": pocketbase.page_since("2026-01-01"),
}
"""What each contender is asked: for the same items, in the order of their creation, which an index has."""


@dataclass(frozen=True)
class Filtered:
    """Lists a second of the first 20 of 100 items that were created since a moment, which all were.

    Each as it comes by default: with a total, but for Kinto, which counts only where it is asked to.
    """

    name: str = "filtered"
    title: str = "List the first 20 of the items created since a moment"
    base: str = "postgres"

    def measure(self, settings: Settings) -> list[Series]:
        """Start the contenders, one PostgreSQL for those that keep their items there, and ask in turn."""
        with running_server() as server:
            contenders = [*on_postgres(server.create_database), ESTUARY_SQLITE, POCKETBASE]
            return Throughput(self.name, self.title, self.base, list(_entries(contenders))).measure(
                settings
            )


def _entries(contenders: Iterable[Contender]) -> Iterator[Entry]:
    for contender in contenders:
        if contender.name in _ASKED:
            asked = _ASKED[contender.name]
            yield Entry(contender.name, contender.label, contender, partial(_of_any, asked))


def _of_any(asked: Exchange, _: str) -> Exchange:
    """A list is asked for without the id of an item."""
    return asked
