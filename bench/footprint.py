"""How much memory it holds when idle: all of a service's processes together."""

from dataclasses import dataclass

from bench import exchange
from bench.contenders import Contender
from bench.contenders.estuary import ESTUARY_MEMORY, ESTUARY_SQLITE
from bench.contenders.fastapi import FASTAPI
from bench.contenders.granian import BARE_RSGI
from bench.process import Weight
from bench.question import Settings
from bench.series import Series

SERVERS = (BARE_RSGI, ESTUARY_MEMORY, ESTUARY_SQLITE, FASTAPI)


@dataclass(frozen=True)
class Footprint:
    """Resident memory summed over all processes (RSS), and with shared pages split among them (PSS)."""

    name: str = "footprint"
    title: str = "Memory when idle, all processes"
    base: str = "rsgi"

    def measure(self, settings: Settings) -> list[Series]:
        """Start each, let it answer a few requests, weigh it."""
        core = settings.cores.server
        rounds = max(1, settings.rounds // 2)  # memory hardly varies: more would say the same
        series = []
        for contender in SERVERS:
            if settings.includes(contender):
                weights = [_weigh(contender, core) for _ in range(rounds)]
                series += [
                    self._series(contender, "", [weight.rss for weight in weights]),
                    self._series(contender, "-pss", [weight.pss for weight in weights]),
                ]
        return series

    def _series(self, contender: Contender, suffix: str, values: list[float]) -> Series:
        label = contender.label + (" (PSS)" if suffix else " (RSS)")
        return Series(
            self.name,
            contender.name + suffix,
            label,
            "MiB",
            tuple(values),
            more_is_better=False,
            ours=contender.ours,
        )


def _weigh(contender: Contender, core: int) -> Weight:
    with contender.running(core) as server:
        if contender.keeps:
            created = exchange.once(server.origin, exchange.create())
            exchange.once(server.origin, exchange.read(created["id"]))
        return server.weigh()
