"""What must hold: every promise about speed and size, decided by the figures of the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from bench import costliest
from bench.series import Series, find, ratio

AllSeries = Sequence[Series]
Figure = Callable[[AllSeries], float | None]


class Verdict(msgspec.Struct, frozen=True):
    """One promise beside what was measured; `measured` and `holds` are None where the run did not ask."""

    promise: str
    bound: str
    measured: float | None
    holds: bool | None


@dataclass(frozen=True)
class Bound:
    """A promise: a figure that must be at least, or at most, a limit."""

    promise: str
    limit: float
    figure: Figure
    at_least: bool = True
    unit: str = "x"

    def judge(self, measured: AllSeries) -> Verdict:
        """Whether the promise holds for these figures."""
        value = self.figure(measured)
        sign = "≥" if self.at_least else "≤"
        bound = f"{sign} {self.limit:g} {self.unit}"
        if value is None:
            return Verdict(self.promise, bound, None, None)
        return Verdict(
            self.promise, bound, value, value >= self.limit if self.at_least else value <= self.limit
        )


def ratio_of(question: str, subject: str, base: str) -> Figure:
    """The subject's figure over the base's, round by round."""

    def figure(measured: AllSeries) -> float | None:
        over, under = find(measured, question, subject), find(measured, question, base)
        return None if over is None or under is None else ratio(over, under)

    return figure


def median_of(question: str, subject: str) -> Figure:
    """The subject's own figure."""

    def figure(measured: AllSeries) -> float | None:
        series = find(measured, question, subject)
        return None if series is None else series.median

    return figure


def difference_of(question: str, subject: str, base: str) -> Figure:
    """How many microseconds more the subject takes an answer than the base, from their rates."""

    def figure(measured: AllSeries) -> float | None:
        over, under = find(measured, question, subject), find(measured, question, base)
        return None if over is None or under is None else 1e6 / over.median - 1e6 / under.median

    return figure


def costliest_of(question: str, kind: str, base: str) -> Figure:
    """The highest ratio to the base of all subjects of a kind: of those whose names begin with it."""

    def figure(measured: AllSeries) -> float | None:
        under = find(measured, question, base)
        of_kind = [
            each for each in measured if each.question == question and each.subject.startswith(f"{kind}: ")
        ]
        return None if under is None or not of_kind else max(ratio(each, under) for each in of_kind)

    return figure


def records_of(question: str, length: int) -> Figure:
    """Records a second of batches of this length over those of single creates."""
    over = ratio_of(question, "batch", "single")

    def figure(measured: AllSeries) -> float | None:
        found = over(measured)
        return None if found is None else length * found

    return figure


BOUNDS: tuple[Bound, ...] = (
    Bound("A read from memory, to bare Granian RSGI", 0.70, ratio_of("read", "memory", "rsgi")),
    Bound("A read from memory, to FastAPI as usual", 12, ratio_of("read", "memory", "fastapi")),
    Bound("A create in memory, to bare Granian RSGI", 0.5, ratio_of("create", "memory", "rsgi")),
    Bound("A read from SQLite, to one from memory", 0.5, ratio_of("read", "sqlite", "memory")),
    Bound("A durable create in SQLite, to one in memory", 0.4, ratio_of("create", "sqlite", "memory")),
    Bound(
        "Cost of a page by cursor, large store to small (memory)",
        1.2,
        ratio_of("scale", "memory-small", "memory-large"),
        at_least=False,
    ),
    Bound(
        "Cost of a page by cursor, large store to small (SQLite)",
        1.2,
        ratio_of("scale", "sqlite-small", "sqlite-large"),
        at_least=False,
    ),
    Bound(
        "A read from PostgreSQL, to bare RSGI and asyncpg",
        0.6,
        ratio_of("postgres-read", "postgres", "rsgi-asyncpg"),
    ),
    Bound(
        "A create in PostgreSQL, to bare RSGI and asyncpg",
        0.6,
        ratio_of("postgres-create", "postgres", "rsgi-asyncpg"),
    ),
    *(
        Bound(f"{what}, to {label}", 4, ratio_of(question, "postgres", other))
        for question, what, other, label in (
            ("postgres-read", "A read from PostgreSQL", "fastapi-sqlalchemy", "FastAPI and SQLAlchemy"),
            ("postgres-read", "A read from PostgreSQL", "kinto", "Kinto"),
            ("postgres-create", "A create in PostgreSQL", "fastapi-sqlalchemy", "FastAPI and SQLAlchemy"),
            ("postgres-create-alone", "A create in PostgreSQL, one client", "kinto", "Kinto"),
        )
    ),
    *(
        Bound(
            f"Records a second of batches, to single creates of one client ({store})",
            5,
            records_of(f"{store}-batch", 100),
        )
        for store in ("sqlite", "postgres")
    ),
    *(
        Bound(f"A filtered list from {store}, to {label}", 4, ratio_of("filtered", ours, other))
        for store, ours, other, label in (
            ("PostgreSQL", "postgres", "fastapi-sqlalchemy", "FastAPI and SQLAlchemy"),
            ("PostgreSQL", "postgres", "kinto", "Kinto"),
            ("SQLite", "sqlite", "pocketbase", "PocketBase"),
        )
    ),
    *(
        Bound(
            f"Cost of {what}, large table to small (PostgreSQL)",
            1.2,
            ratio_of("postgres-scale", f"{list_}-small", f"{list_}-large"),
            at_least=False,
        )
        for list_, what in (("first", "a list with its total"), ("page", "a page by cursor"))
    ),
    Bound("Cost of /health, to a read", 2, ratio_of("health", "memory-read", "memory"), at_least=False),
    Bound(
        "PostgreSQL: a read with the limit in Redis, to one without",
        0.85,
        ratio_of("limits", "redis", "local"),
    ),
    Bound(
        "Memory of all processes, idle (memory)",
        57.5,
        median_of("footprint", "memory"),
        at_least=False,
        unit="MiB",
    ),
    Bound(
        "Memory of all processes, idle (SQLite)",
        76,
        median_of("footprint", "sqlite"),
        at_least=False,
        unit="MiB",
    ),
    Bound(
        "`estuary serve` is ready (memory)", 800, median_of("startup", "memory"), at_least=False, unit="ms"
    ),
    Bound(
        "`estuary serve` is ready (SQLite)", 1100, median_of("startup", "sqlite"), at_least=False, unit="ms"
    ),
    Bound("A read with a known token, to one without any", 0.90, ratio_of("auth", "known", "open")),
    Bound("A blocked client's request, to one that is served", 1, ratio_of("auth", "blocked", "known")),
    Bound(
        "A fresh RS256 token, over a known one",
        250,
        difference_of("auth", "fresh", "known"),
        at_least=False,
        unit="µs",
    ),
    Bound(
        "The slowest kind of forged token is refused",
        5000,
        median_of("refusals", "slowest"),
        at_least=False,
        unit="µs",
    ),
    Bound(
        "The costliest head of a request, to a read",
        50,
        costliest_of("costliest", costliest.HEAD, costliest.READ),
        at_least=False,
    ),
    Bound(
        "The costliest body of 2 MiB, to a plain one",
        20,
        costliest_of("costliest", costliest.BODY, costliest.PLAIN),
        at_least=False,
    ),
    *(
        Bound(
            f"`estuary {command}`, {label}", 20_000, median_of("transfer", f"{store}-{command}"), unit="/s"
        )
        for store, label in (("sqlite", "SQLite"), ("postgres", "PostgreSQL"))
        for command in ("import", "export")
    ),
    Bound("`estuary --version` has ended", 150, median_of("startup", "version"), at_least=False, unit="ms"),
)


def judge_all(measured: AllSeries) -> list[Verdict]:
    """A verdict on every promise that these figures can decide."""
    verdicts = [bound.judge(measured) for bound in BOUNDS]
    return [verdict for verdict in verdicts if verdict.holds is not None]
