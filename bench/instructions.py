"""What a request costs in instructions and cache misses: the same on every machine, unlike time."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import exchange
from bench.callgrind import ASKED, Cost, Server, available, running
from bench.contenders.contender import ROOT, SCRATCH
from bench.contenders.estuary import environment
from bench.exchange import Exchange
from bench.process import free_port
from bench.question import Settings
from bench.series import Series

LISTED, CHANGED = 100, 400
"""How many lists are counted, each of which takes as long as ten reads, and how many changes: as three."""
_ITEMS, _BOOKS = 25, 120
"""How many records are there: a list of twenty items is full, and so is the second page of books."""


@dataclass(frozen=True)
class Subject:
    """What a server is asked; `asked` is given its origin."""

    name: str
    label: str
    asked: Callable[[str], Exchange]
    times: int = ASKED


@dataclass(frozen=True)
class Contender:
    """A server and its subjects; `launch` gives its module and its environment, for a port."""

    launch: Callable[[int, Path], tuple[list[str], Mapping[str, str]]]
    subjects: tuple[Subject, ...]
    ours: bool = True


@cache
def costs_of(contender: Contender) -> Mapping[str, Cost]:
    """What a request of each subject costs, by the subject's name; raises `NotReady`, `WrongAnswer`."""
    SCRATCH.mkdir(exist_ok=True)
    with (
        TemporaryDirectory(prefix="bench-instructions-", dir=SCRATCH) as scratch,
        _running(contender, Path(scratch)) as server,
    ):
        if contender.ours:
            _fill(server.origin)
        server.command("instrumentation", "on")
        asked = {each: each.asked(server.origin) for each in contender.subjects}
        clock = server.clock(asked[contender.subjects[0]])
        return {each.name: server.cost(asked[each], each.times, clock) for each in contender.subjects}


@contextmanager
def _running(contender: Contender, folder: Path) -> Iterator[Server]:
    port = free_port()
    module, variables = contender.launch(port, folder)
    with running(module, variables, port, folder) as server:
        yield server


def _fill(origin: str) -> None:
    for _ in range(_ITEMS):
        exchange.once(origin, exchange.create())
    for number in range(_BOOKS):
        exchange.once(origin, exchange.create_book(number))


def _estuary(store: str, port: int, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    variables = environment(store, port, folder)
    path = os.pathsep.join((variables["PYTHONPATH"], str(ROOT)))
    resources = "estuary.core.items:ITEMS,bench.apps.books:BOOKS,bench.apps.hooked:HOOKED"
    return ["bench.apps.one_worker"], {**variables, "PYTHONPATH": path, "RESOURCES": resources}


def _bare(port: int, _: Path) -> tuple[list[str], Mapping[str, str]]:
    return ["bench.apps.bare_protocol", str(port)], {"PYTHONPATH": str(ROOT)}


def _of_first(asked: Callable[[str], Exchange], origin: str) -> Exchange:
    return asked(exchange.once(origin, exchange.page())["items"][0]["id"])


def _hooked_patch(origin: str) -> Exchange:
    made = exchange.once(origin, exchange.create(exchange.HOOKED_PATH))
    return exchange.patch(made["id"], exchange.HOOKED_PATH)


def _second_page(parameters: str, origin: str) -> Exchange:
    first = exchange.once(origin, exchange.books(parameters, ""))
    return exchange.books(parameters, first["next_cursor"])


def _subjects(store: str, label: str) -> Iterator[Subject]:
    """What is asked of each store."""
    yield Subject(f"{store}-read", f"Estuary, {label}: one item", partial(_of_first, exchange.read))
    for name, described, asked in (
        ("all", "items, without parameters", lambda _: exchange.page("")),
        ("list", "items", lambda _: exchange.page()),
        ("page", "books by cursor", partial(_second_page, "")),
        ("sorted", "books by cursor, sorted", partial(_second_page, "sort=pages&")),
        ("filtered", "books by cursor, filtered", partial(_second_page, "shelf=1&")),
        ("both", "books by cursor, filtered and sorted", partial(_second_page, "shelf=1&sort=pages&")),
    ):
        yield Subject(f"{store}-{name}", f"Estuary, {label}: 20 {described}", asked, LISTED)


_WRITES = (
    Subject("memory-create", "Estuary, memory: a new item", lambda _: exchange.create()),
    Subject(
        "memory-put", "Estuary, memory: another name by PUT", partial(_of_first, exchange.put), CHANGED
    ),
    Subject(
        "memory-patch",
        "Estuary, memory: another name by PATCH",
        partial(_of_first, exchange.patch),
        CHANGED,
    ),
    Subject(
        "memory-create-hooked",
        "Estuary, memory: a new item, with three hooks",
        lambda _: exchange.create(exchange.HOOKED_PATH),
    ),
    Subject(
        "memory-patch-hooked",
        "Estuary, memory: another name by PATCH, with three hooks",
        _hooked_patch,
        CHANGED,
    ),
)
MEMORY = Contender(partial(_estuary, "memory"), (*_subjects("memory", "memory"), *_WRITES))
SQLITE = Contender(partial(_estuary, "sqlite"), tuple(_subjects("sqlite", "SQLite")))
BARE = Contender(
    _bare,
    (Subject("bare", "uvloop and httptools, constant answer", lambda _: exchange.read("")),),
    ours=False,
)
CONTENDERS = (BARE, MEMORY, SQLITE)

REACHED = {
    "memory-read": Cost(42_800, 1_700, 1_120),
    "memory-all": Cost(252_800, 3_000, 2_600),
    "memory-list": Cost(274_000, 3_500, 2_900),
    "memory-page": Cost(353_600, 5_210, 3_770),
    "memory-sorted": Cost(401_000, 6_720, 4_610),
    "memory-filtered": Cost(436_200, 8_000, 5_370),
    "memory-both": Cost(432_600, 7_880, 5_080),
    "memory-create": Cost(62_600, 2_700, 1_730),
    "memory-put": Cost(106_700, 4_300, 2_840),
    "memory-patch": Cost(110_600, 4_440, 2_990),
    "memory-create-hooked": Cost(75_500, 3_270, 1_950),
    "memory-patch-hooked": Cost(139_400, 5_250, 3_670),
    "sqlite-read": Cost(68_500, 3_020, 1_790),
    "sqlite-all": Cost(520_300, 5_830, 4_360),
    "sqlite-list": Cost(536_400, 6_480, 4_640),
    "sqlite-page": Cost(650_900, 7_190, 5_380),
    "sqlite-sorted": Cost(740_100, 9_720, 6_980),
    "sqlite-filtered": Cost(779_000, 10_940, 7_330),
    "sqlite-both": Cost(779_000, 10_740, 7_710),
}
"""What requests cost when that was last lowered; a test holds later ones to it."""


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
