"""What growth costs: a page from the middle of a small store, and from a large one."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.contenders import Contender
from bench.contenders.contender import ROOT
from bench.contenders.estuary import COMPILED, ESTUARY_MEMORY, ESTUARY_SQLITE, environment
from bench.exchange import Exchange, page_after
from bench.fill import fill_file, middle
from bench.process import Launch
from bench.question import Entry, Settings
from bench.series import Series
from bench.throughput import Throughput

SMALL = 1_000


@dataclass(frozen=True)
class Scale:
    """Pages of 20 by cursor a second, by the number of records the store holds."""

    name: str = "scale"
    title: str = "List 20 items by cursor, by the size of the store"
    base: str = "memory-small"

    def measure(self, settings: Settings) -> list[Series]:
        """Fill a store of each kind and size, and ask all of them in turn."""
        entries = list(_entries(settings.large))
        return Throughput(self.name, self.title, self.base, entries).measure(settings)


def _entries(large: int) -> Iterator[Entry]:
    for plain, launch in ((ESTUARY_MEMORY, _launch_memory), (ESTUARY_SQLITE, _launch_sqlite)):
        for size, count in (("small", SMALL), ("large", large)):
            label = f"{plain.label}, {count:,} items"
            contender = Contender(plain.name, label, partial(launch, count), ours=True)
            yield Entry(f"{plain.name}-{size}", label, contender, _middle_page(count))


def _middle_page(count: int) -> Callable[[str], Exchange]:
    asked = page_after(middle(count))
    return lambda _: asked


def _launch_memory(count: int, port: int, folder: Path) -> Launch:
    settings = environment("memory", port, folder)
    own = {"PYTHONPATH": f"{COMPILED}:{ROOT}", "BENCH_RECORDS": str(count)}
    return Launch([sys.executable, "-m", "bench.apps.filled"], {**settings, **own})


def _launch_sqlite(count: int, port: int, folder: Path) -> Launch:
    asyncio.run(fill_file(folder / "estuary.db", count))
    return Launch([sys.executable, "-m", "estuary", "serve"], environment("sqlite", port, folder))
