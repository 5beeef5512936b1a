"""A contender: a server that can be started and asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.process import Launch, Server, free_port, serve

ROOT = Path(__file__).resolve().parents[2]
SCRATCH = ROOT / "data"
"""Databases and logs go to the checkout's own disk: in a memory folder durability would be free."""


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Contender:
    """One server and how it is started.

    `launch` is given the port and an empty folder. `keeps` is true where items that were created can be
    read back; the others answer constant bytes. `ours` marks Estuary itself.
    """

    name: str
    label: str
    launch: Callable[[int, Path], Launch]
    keeps: bool = False
    ours: bool = False
    ready_path: str = "/health/ready"
    available: Callable[[], bool] = field(default=_always)

    @contextmanager
    def running(self, core: int) -> Iterator[Server]:
        """The server, ready, on `core` alone, with a folder that vanishes with it."""
        SCRATCH.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix=f"bench-{self.name}-", dir=SCRATCH) as folder:
            port = free_port()
            launch = self.launch(port, Path(folder))
            with serve(launch, port, Path(folder), self.ready_path, core) as server:
                yield server
