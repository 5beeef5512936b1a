"""What a shared rate limit costs: a worker that counts by itself, beside one that asks Redis."""

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import exchange
from bench.contenders import Contender
from bench.contenders.contender import SCRATCH
from bench.contenders.estuary import ESTUARY_MEMORY, environment
from bench.contenders.postgres import estuary
from bench.cores import pinned
from bench.postgres import SERVER
from bench.process import POLL_SECONDS, READY_TIMEOUT_SECONDS, Launch, NotReady
from bench.question import Entry, Settings
from bench.series import Series
from bench.throughput import Throughput
from tests.support.servers.postgres import postgres_server


@dataclass(frozen=True)
class Limits:
    """Reads of one item, 32 connections of one client, by where its requests are counted.

    From PostgreSQL, for the promise: who counts in Redis has replicas, which share their store. From
    memory beside it, which shows what Redis costs where there is hardly anything else to do.
    """

    name: str = "limits"
    title: str = "Read one item, by where the rate limit is counted"
    base: str = "local"

    def measure(self, settings: Settings) -> list[Series]:
        """Start Redis on the core that makes the load: it is another machine's work."""
        with _redis(settings.cores.load) as url, postgres_server(SERVER) as server:
            counting = {"REDIS_URL": url}
            here, there = (estuary(server.create_database, further=each) for each in ({}, counting))
            memory = Contender("redis", "Estuary", partial(_launch, url), keeps=True, ours=True)
            entries = [
                Entry("local", "PostgreSQL, limit in the worker", here, exchange.read),
                Entry("redis", "PostgreSQL, limit in Redis", there, exchange.read),
                Entry("memory-local", "Memory, limit in the worker", ESTUARY_MEMORY, exchange.read),
                Entry("memory-redis", "Memory, limit in Redis", memory, exchange.read),
            ]
            return Throughput(self.name, self.title, self.base, entries).measure(settings)


def _launch(url: str, port: int, folder: Path) -> Launch:
    settings = {**environment("memory", port, folder), "REDIS_URL": url}
    return Launch([sys.executable, "-m", "estuary", "serve"], settings)


@contextmanager
def _redis(core: int) -> Iterator[str]:
    """The URL of a Redis that keeps nothing; raises `NotReady` if no server can be started."""
    program = shutil.which("redis-server")
    if program is None:
        raise NotReady("redis-server is not installed")
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-redis-") as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no"]
        with pinned(core):
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            give_up = time.monotonic() + READY_TIMEOUT_SECONDS
            while not path.exists():
                if process.poll() is not None or time.monotonic() > give_up:
                    raise NotReady("redis-server gave no answer")
                time.sleep(POLL_SECONDS)  # a socket that appears wakes no process
            yield f"unix://{path}"
        finally:
            process.terminate()
            process.wait()
