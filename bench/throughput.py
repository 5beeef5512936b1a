"""How many answers a second: every entry in turn, round after round, each with the core to itself."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench import exchange, load
from bench.apps.answers import ITEM_ID
from bench.contenders import Contender
from bench.exchange import Exchange
from bench.load import CONNECTIONS, Load
from bench.process import Server
from bench.question import Entry, Settings
from bench.series import Latency, Series

SEEDS = 100
"""Items that every contender with a store holds before it is asked."""
WARM_UP = 300
"""Requests before the first round: enough for the interpreter to specialise its code."""


@dataclass(frozen=True)
class Throughput:
    """Answers a second of each entry, and how long they took, over so many connections."""

    name: str
    title: str
    base: str
    entries: Sequence[Entry]
    connections: int = CONNECTIONS

    def measure(self, settings: Settings) -> list[Series]:
        """Start who takes part, interleave the rounds, stop them."""
        with ExitStack() as running:
            lanes = _lanes([e for e in self.entries if settings.includes(e.contender)], settings, running)
            for _ in range(settings.rounds):
                for lane in lanes:
                    lane.run(settings, self.connections)
            return [lane.series(self.name) for lane in lanes]


@dataclass
class _Lane:
    """One entry on its running server, and what it has measured so far."""

    entry: Entry
    server: Server
    exchange: Exchange
    loads: list[Load] = field(default_factory=list)

    def run(self, settings: Settings, connections: int) -> None:
        origin, core = self.server.origin, settings.cores.load
        self.loads.append(load.run(origin, self.exchange, settings.seconds, core, connections=connections))

    def series(self, question: str) -> Series:
        return Series(
            question,
            self.entry.subject,
            self.entry.label,
            "req/s",
            tuple(done.rate for done in self.loads),
            ours=self.entry.contender.ours,
            latencies=tuple(Latency(done.p50_us, done.p99_us) for done in self.loads),
        )


def _lanes(entries: Sequence[Entry], settings: Settings, running: ExitStack) -> list[_Lane]:
    servers: dict[Contender, tuple[Server, str]] = {}
    lanes = []
    for entry in entries:
        contender = entry.contender
        if contender not in servers:
            server = running.enter_context(contender.running(settings.cores.server))
            servers[contender] = server, _seed(contender, server) if contender.keeps else ITEM_ID
        server, record_id = servers[contender]
        asked = entry.exchange(record_id)
        exchange.repeat(server.origin, asked, WARM_UP)
        lanes.append(_Lane(entry, server, asked))
    return lanes


def _seed(contender: Contender, server: Server) -> str:
    """The id of the first of the items that the server now keeps."""
    return contender.id_of(exchange.repeat(server.origin, contender.create(), SEEDS))
