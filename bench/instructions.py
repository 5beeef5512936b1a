"""What a request costs in instructions and cache misses: the same on every machine, unlike time.

Callgrind runs the server on a simulated processor with 32 KiB of first-level cache for instructions and as
much for data (8 ways, 64 bytes a line), whatever the real one has:
https://valgrind.org/docs/manual/cl-manual.html. The figure is the difference between a server that was
asked many times over one kept connection and one that was asked little, divided by the requests between.
"""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench import exchange
from bench.contenders.contender import ROOT, SCRATCH
from bench.contenders.estuary import environment
from bench.exchange import Exchange
from bench.process import HOST, NotReady, free_port, minimal_environment
from bench.question import Settings
from bench.series import Series

WARM_UP, ASKED = 300, 1000
"""Requests that both servers are asked, and how many more one of them is."""

_CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=4194304,16,64")
_PATIENCE_SECONDS = 240.0
"""For a server to start under Callgrind, where everything takes fifty times as long."""
_LOOK_SECONDS = 0.1
_ITEMS = 25
"""How many items are there: a list of twenty is full."""


@dataclass(frozen=True)
class Cost:
    """What one request costs."""

    instructions: float
    instruction_misses: float
    data_misses: float


@dataclass(frozen=True)
class Subject:
    """A server and what it is asked; `launch` gives its command and its environment, for a port."""

    name: str
    label: str
    launch: Callable[[int, Path], tuple[list[str], Mapping[str, str]]]
    asked: Callable[[str], Exchange]
    ours: bool = True


def available() -> bool:
    """Whether Valgrind is installed."""
    return shutil.which("valgrind") is not None


@cache
def cost_of(subject: Subject) -> Cost:
    """What a request of `subject` costs; raises `NotReady`, `WrongAnswer`."""
    with ThreadPoolExecutor(2) as both:
        little, much = both.map(lambda number: _events(subject, number), (WARM_UP, WARM_UP + ASKED))
    return Cost(*((more - less) / ASKED for less, more in zip(little, much, strict=True)))


def _estuary(store: str, port: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    return [sys.executable, "-m", "estuary", "serve"], environment(store, port, folder)


def _bare(port: int, _: Path) -> tuple[list[str], Mapping[str, str]]:
    return [sys.executable, "-m", "bench.apps.bare_protocol", str(port)], {"PYTHONPATH": str(ROOT)}


def _memory(port: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    return _estuary("memory", port, folder)


def _sqlite(port: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    return _estuary("sqlite", port, folder)


BARE = Subject("bare", "uvloop and httptools, constant answer", _bare, exchange.read, ours=False)
SUBJECTS = (
    BARE,
    Subject("memory-read", "Estuary, memory: one item", _memory, exchange.read),
    Subject("memory-create", "Estuary, memory: a new item", _memory, lambda _: exchange.create()),
    Subject("sqlite-read", "Estuary, SQLite: one item", _sqlite, exchange.read),
    Subject("sqlite-list", "Estuary, SQLite: 20 items", _sqlite, lambda _: exchange.page()),
)


@dataclass(frozen=True)
class Counted:
    """One part of what a request of every subject costs; nothing without Valgrind."""

    name: str
    title: str
    part: Callable[[Cost], float]
    base: str = BARE.name

    def measure(self, settings: Settings) -> list[Series]:
        """Each subject once: what is counted does not depend on what else the machine does."""
        if settings.only or not available():
            return []
        return [
            Series(
                self.name,
                subject.name,
                subject.label,
                "",
                (self.part(cost_of(subject)),),
                more_is_better=False,
                ours=subject.ours,
            )
            for subject in SUBJECTS
        ]


INSTRUCTION_QUESTIONS = (
    Counted(
        "instructions",
        "Instructions of a request, on a simulated processor",
        lambda cost: cost.instructions,
    ),
    Counted(
        "i1-misses",
        "Misses of its first cache for instructions (32 KiB)",
        lambda cost: cost.instruction_misses,
    ),
    Counted("d1-misses", "Misses of its first cache for data (32 KiB)", lambda cost: cost.data_misses),
)


def _events(subject: Subject, number: int) -> tuple[float, float, float]:
    """What a server's worker had counted when it ended, after `number` requests."""
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-instructions-", dir=SCRATCH) as scratch:
        folder = Path(scratch)
        with _running(subject, folder) as (origin, process):
            made = [exchange.once(origin, exchange.create()) for _ in range(_ITEMS)] if subject.ours else []
            exchange.repeat(origin, subject.asked(made[0]["id"] if made else ""), number)
            worker = next(iter(psutil.Process(process.pid).children()), process).pid
        return _counted(folder / f"callgrind.{worker}")


@contextmanager
def _running(subject: Subject, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The server under Callgrind, once it answers: its origin, and its first process."""
    port = free_port()
    command, variables = subject.launch(port, folder)
    tool = ["valgrind", "--quiet", "--tool=callgrind", "--cache-sim=yes", *_CACHES]
    process = subprocess.Popen(
        [*tool, f"--callgrind-out-file={folder}/callgrind.%p", *command],
        cwd=folder,
        env={**minimal_environment(), "PYTHONHASHSEED": "0", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_answering(process, port)
        yield f"http://{HOST}:{port}", process
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _wait_until_answering(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server has answered one request: more would be counted. Raises `NotReady`."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection((HOST, port)) as client:
                client.settimeout(_PATIENCE_SECONDS)
                client.sendall(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
                if client.recv(1):
                    return
        except OSError:
            time.sleep(_LOOK_SECONDS)  # whether a server listens shows only when it is tried
    raise NotReady(f"{process.args!r} gave no answer")


def _counted(file: Path) -> tuple[float, float, float]:
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
    return counted["Ir"], counted["I1mr"], counted["D1mr"] + counted["D1mw"]
