"""A contender: a server that can be started and asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import exchange
from bench.exchange import Exchange
from bench.process import Launch, Server, free_port, serve

ROOT = Path(__file__).resolve().parents[2]
NewDatabase = Callable[[str], str]
"""Makes a database of this name and gives its URL."""
SCRATCH = ROOT / "data"
"""Databases and logs go to the checkout's own disk: in a memory folder durability would be free."""


def _always() -> bool:
    return True


def _id(document: Any) -> str:
    return str(document["id"])


@dataclass(frozen=True)
class Contender:
    """One server and how it is started.

    `launch` is given the port and an empty folder. `keeps` is true where items that were created can be
    read back; the others answer constant bytes. `create` makes an item, whose id `id_of` finds in the
    answer. `ours` marks Estuary itself.
    """

    name: str
    label: str
    launch: Callable[[int, Path], Launch]
    keeps: bool = False
    ours: bool = False
    ready_path: str = "/health/ready"
    available: Callable[[], bool] = field(default=_always)
    create: Callable[[], Exchange] = exchange.create
    id_of: Callable[[Any], str] = _id

    @contextmanager
    def running(self, core: int) -> Iterator[Server]:
        """The server, ready, on `core` alone, with a folder that vanishes with it."""
        SCRATCH.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix=f"bench-{self.name}-", dir=SCRATCH) as folder:
            port = free_port()
            launch = self.launch(port, Path(folder))
            with serve(launch, port, Path(folder), self.ready_path, core) as server:
                yield server
