"""Batches: records a second of 100 creates in one request, beside single creates of the same client."""

from bench import exchange
from bench.contenders import Contender
from bench.contenders.estuary import ESTUARY_SQLITE
from bench.contenders.postgres import estuary
from bench.exchange import Exchange
from bench.postgres import running_server
from bench.question import Entry, Settings
from bench.series import Series
from bench.throughput import Throughput

SINGLE, BATCH = "single", "batch"
NAME = "batch"


class Batches:
    """Answers a second of one client that creates one item a request, or 100; `store` names the store."""

    base = SINGLE

    def __init__(self, store: str) -> None:
        self.store = store
        self.name = f"{store}-{NAME}"
        self.title = f"Create items in {store}, one by one and {exchange.BATCH_LENGTH} a batch, one client"

    def measure(self, settings: Settings) -> list[Series]:
        """Ask for both in turn; the server of the database runs for as long as that takes."""
        if self.store == "sqlite":
            return self._measured(ESTUARY_SQLITE, settings)
        with running_server() as server:
            return self._measured(estuary(server.create_database), settings)

    def _measured(self, contender: Contender, settings: Settings) -> list[Series]:
        entries = [
            Entry(SINGLE, "A create", contender, _create),
            Entry(BATCH, f"A batch of {exchange.BATCH_LENGTH} creates", contender, _batch),
        ]
        return Throughput(self.name, self.title, self.base, entries, connections=1).measure(settings)


def _create(_: str) -> Exchange:
    return exchange.create()


def _batch(_: str) -> Exchange:
    return exchange.create_batch()


BATCH_QUESTIONS = (Batches("sqlite"), Batches("postgres"))
