"""What a request costs in instructions and cache misses: the same on every machine, unlike time.

Callgrind runs the server on a simulated processor with 32 KiB of first-level cache for instructions and as
much for data (8 ways, 64 bytes a line), whatever the real one has:
https://valgrind.org/docs/manual/cl-manual.html. It counts from a warm server on, over many requests on one
kept connection. What a server does now and then, by the clock, is in the figure too: a few per cent on a
machine that is busy.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import exchange
from bench.contenders.contender import ROOT, SCRATCH
from bench.contenders.estuary import environment
from bench.exchange import Exchange
from bench.process import HOST, NotReady, free_port, minimal_environment
from bench.question import Settings
from bench.series import Series

WARM_UP, ASKED = 250, 1000
"""How many requests a server is asked before they are counted, and how many are."""

_CACHES = ("--I1=32768,8,64", "--D1=32768,8,64", "--LL=4194304,16,64")
_TIMEOUT_SECONDS = 120.0
"""For a server to start under Valgrind, where everything takes several times as long."""
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
    """What a server is asked."""

    name: str
    label: str
    asked: Callable[[str], Exchange]


@dataclass(frozen=True)
class Contender:
    """A server and its subjects; `launch` gives its module and its environment, for a port."""

    launch: Callable[[int, Path], tuple[list[str], Mapping[str, str]]]
    subjects: tuple[Subject, ...]
    ours: bool = True


def available() -> bool:
    """Whether Valgrind is installed."""
    return shutil.which("valgrind") is not None and shutil.which("vgdb") is not None


@cache
def costs_of(contender: Contender) -> Mapping[str, Cost]:
    """What a request of each subject costs, by the subject's name; raises `NotReady`, `WrongAnswer`."""
    SCRATCH.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="bench-instructions-", dir=SCRATCH) as scratch,
        _running(contender, Path(scratch)) as server,
    ):
        made = [exchange.once(server.origin, exchange.create()) for _ in range(_ITEMS * contender.ours)]
        server.tell("instrumentation", "on")
        return {
            each.name: server.cost(each.asked(made[0]["id"] if made else "")) for each in contender.subjects
        }


def _estuary(store: str, port: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    variables = environment(store, port, folder)
    path = os.pathsep.join((variables["PYTHONPATH"], str(ROOT)))
    return ["bench.apps.one_worker"], {**variables, "PYTHONPATH": path}


def _bare(port: int, _: Path) -> tuple[list[str], Mapping[str, str]]:
    return ["bench.apps.bare_protocol", str(port)], {"PYTHONPATH": str(ROOT)}


MEMORY = Contender(
    partial(_estuary, "memory"),
    (
        Subject("memory-read", "Estuary, memory: one item", exchange.read),
        Subject("memory-create", "Estuary, memory: a new item", lambda _: exchange.create()),
        Subject("memory-put", "Estuary, memory: another name by PUT", exchange.put),
        Subject("memory-patch", "Estuary, memory: another name by PATCH", exchange.patch),
    ),
)
SQLITE = Contender(
    partial(_estuary, "sqlite"),
    (
        Subject("sqlite-read", "Estuary, SQLite: one item", exchange.read),
        Subject("sqlite-list", "Estuary, SQLite: 20 items", lambda _: exchange.page()),
    ),
)
BARE = Contender(
    _bare, (Subject("bare", "uvloop and httptools, constant answer", exchange.read),), ours=False
)
CONTENDERS = (BARE, MEMORY, SQLITE)

REACHED = {
    "memory-read": Cost(46_400, 1_900, 1_180),
    "memory-create": Cost(67_000, 2_920, 1_810),
    "memory-put": Cost(106_500, 4_360, 2_830),
    "memory-patch": Cost(109_300, 4_480, 2_920),
    "sqlite-read": Cost(73_500, 3_210, 1_850),
    "sqlite-list": Cost(552_000, 6_900, 4_720),
}
"""What requests cost when that was last lowered; a test holds later ones to it.

On a busy machine SQLite's cost up to a tenth more: the store looks at its files ten times a second.
"""


@dataclass(frozen=True)
class Counted:
    """One part of what a request of every subject costs; nothing without Valgrind."""

    name: str
    title: str
    part: Callable[[Cost], float]
    base: str = BARE.subjects[0].name

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
                (self.part(costs_of(contender)[subject.name]),),
                more_is_better=False,
                ours=contender.ours,
            )
            for contender in CONTENDERS
            for subject in contender.subjects
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


@dataclass(frozen=True)
class _Server:
    """A server under Callgrind that answers; `variables` are its environment, by which vgdb finds it."""

    origin: str
    process: subprocess.Popen[bytes]
    folder: Path
    variables: Mapping[str, str]

    def tell(self, *words: str) -> None:
        """Give Callgrind an order (https://valgrind.org/docs/manual/cl-manual.html#cl-manual.monitor-commands)."""
        subprocess.run(
            ["vgdb", f"--vgdb-prefix={self.folder}/vgdb", f"--pid={self.process.pid}", *words],
            env=self.variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )

    def cost(self, asked: Exchange) -> Cost:
        """What one request costs."""
        exchange.repeat(self.origin, asked, WARM_UP)
        self.tell("zero")
        exchange.repeat(self.origin, asked, ASKED)
        before = set(self.folder.glob("callgrind.*"))
        self.tell("dump")
        (written,) = set(self.folder.glob("callgrind.*")) - before
        return Cost(*(counted / ASKED for counted in _counted(written)))


@contextmanager
def _running(contender: Contender, folder: Path) -> Iterator[_Server]:
    """The server under Callgrind, once it answers; nothing is counted yet."""
    port = free_port()
    module, variables = contender.launch(port, folder)
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
        yield _Server(f"http://{HOST}:{port}", process, folder, everything)
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
