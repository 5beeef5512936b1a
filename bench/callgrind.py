"""A server under Callgrind: what its requests cost in instructions and cache misses.

Callgrind runs the server on a simulated processor with 32 KiB of first-level cache for instructions and as
much for data (8 ways, 64 bytes a line), whatever the real one has:
https://valgrind.org/docs/manual/cl-manual.html. It counts from a warm server on, over many requests on one
kept connection. What a server does by the clock is no request's, and the slower the machine the more of it
falls on each: it is counted apart, where requests are few, and taken off.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench import exchange
from bench.exchange import Exchange
from bench.process import HOST, NotReady, minimal_environment

ASKED = 1000
"""How many requests are counted, unless less will do; a quarter as many are asked before."""
_PACED, _PACE_SECONDS = 20, 0.1
"""How many requests come while the clock's work is counted, and after how long each: a log line waits for
no longer to be written."""
_CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=4194304,16,64")
_TIMEOUT_SECONDS = 120.0
"""For a server to start under Valgrind, where everything takes several times as long."""
_LOOK_SECONDS = 0.1


def available() -> bool:
    """Whether Valgrind is installed."""
    return shutil.which("valgrind") is not None and shutil.which("vgdb") is not None


class Cost(NamedTuple):
    """What one request costs; or what is done in a second."""

    instructions: float
    instruction_misses: float
    data_misses: float


class _Events(NamedTuple):
    """What was counted, and over how many seconds."""

    seconds: float
    counted: Cost


@dataclass(frozen=True)
class Server:
    """A server under Callgrind that answers; `variables` are its environment, by which vgdb finds it."""

    origin: str
    process: subprocess.Popen[bytes]
    folder: Path
    variables: Mapping[str, str]

    def command(self, *words: str) -> None:
        """Send Callgrind a monitor command (https://valgrind.org/docs/manual/cl-manual.html#cl-manual.monitor-commands)."""
        subprocess.run(
            ["vgdb", f"--vgdb-prefix={self.folder}/vgdb", f"--pid={self.process.pid}", *words],
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )

    def clock(self, asked: Exchange) -> Cost:
        """What is done a second, whatever is asked: of what is counted, not the share of the requests.

        From many requests in their time and few in theirs, two equations in what each costs.
        """
        many = self._count(asked, ASKED)
        few = self._count(asked, _PACED, _PACE_SECONDS)
        share = _PACED / ASKED
        seconds = few.seconds - many.seconds * share
        pairs = zip(many.counted, few.counted, strict=True)
        return Cost(*((rare - often * share) / seconds for often, rare in pairs))

    def cost(self, asked: Exchange, times: int, clock: Cost) -> Cost:
        """What one request costs beside what is done by the clock."""
        counted = self._count(asked, times)
        return Cost(
            *(
                (number - rate * counted.seconds) / times
                for number, rate in zip(counted.counted, clock, strict=True)
            )
        )

    def _count(self, asked: Exchange, times: int, pause: float = 0.0) -> _Events:
        """What the server does while it is asked that so many times, once it is warm."""
        exchange.repeat(self.origin, asked, times // 4)
        self.command("zero")
        begun = time.monotonic()
        exchange.repeat(self.origin, asked, times, pause)
        seconds = time.monotonic() - begun
        before = set(self.folder.glob("callgrind.*"))
        self.command("dump")
        (written,) = set(self.folder.glob("callgrind.*")) - before
        return _Events(seconds, _counted(written))


@contextmanager
def running(
    module: Sequence[str], variables: Mapping[str, str], port: int, folder: Path
) -> Iterator[Server]:
    """The server on `port`, once it answers; nothing is counted yet.

    Its module is given with its arguments; files of Callgrind are written to `folder`.
    """
    tool = ["valgrind", "--quiet", "--tool=callgrind", "--cache-sim=yes", "--instr-atstart=no", *_CACHES]
    files = [f"--callgrind-out-file={folder}/callgrind.%p", f"--vgdb-prefix={folder}/vgdb"]
    everything = {**minimal_environment(), "PYTHONHASHSEED": "0", **variables}
    process = subprocess.Popen(
        [*tool, *files, sys.executable, "-m", *module],
        cwd=folder,
        env=everything,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_answering(process, port)
        yield Server(f"http://{HOST}:{port}", process, folder, everything)
    finally:
        process.kill()
        process.wait(_TIMEOUT_SECONDS)


def _wait_until_answering(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server has answered one request: more would be counted. Raises `NotReady`."""
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection((HOST, port)) as client:
                client.settimeout(_TIMEOUT_SECONDS)
                client.sendall(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                if client.recv(1):
                    return
        except OSError:
            time.sleep(_LOOK_SECONDS)  # whether a server listens shows only when it is tried
    raise NotReady(f"{process.args!r} gave no answer")


def _counted(file: Path) -> Cost:
    """Instructions, and misses of the first-level caches, in what Callgrind wrote."""
    events: list[str] = []
    totals: list[float] = []
    for line in file.read_text().splitlines():
        name, _, values = line.partition(": ")
        if name == "events":
            events = values.split()
        elif name in {"summary", "totals"}:
            totals = [float(value) for value in values.split()]
    counted = dict(zip(events, totals, strict=True))
    return Cost(counted["Ir"], counted["I1mr"], counted["D1mr"] + counted["D1mw"])
