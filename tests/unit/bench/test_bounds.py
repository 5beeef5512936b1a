"""Whether a promise holds is decided by the figures, and only where there are figures."""

import pytest

from bench.bounds import BOUNDS, Bound, difference_of, judge_all, median_of, ratio_of
from bench.costliest import PLAIN
from bench.questions import QUESTIONS
from bench.series import Series

READS = [
    Series("read", "rsgi", "Bare", "req/s", (100, 100)),
    Series("read", "memory", "Memory", "req/s", (70, 70)),
]


@pytest.mark.parametrize(("limit", "holds"), [(0.69, True), (0.7, True), (0.71, False)])
def test_at_least_includes_the_limit(limit: float, holds: bool) -> None:
    """0.70 of the base is at least 0.70, and less than 0.71."""
    verdict = Bound("Reads", limit, ratio_of("read", "memory", "rsgi")).judge(READS)

    assert holds is verdict.holds
    assert verdict.measured == pytest.approx(0.7)


@pytest.mark.parametrize(("limit", "holds"), [(69, False), (70, True), (71, True)])
def test_at_most_includes_the_limit(limit: float, holds: bool) -> None:
    """70 is at most 70, and more than 69."""
    bound = Bound("Size", limit, median_of("read", "memory"), at_least=False, unit="MiB")

    assert holds is bound.judge(READS).holds


def test_what_was_not_measured_is_not_judged() -> None:
    """A run of one question promises nothing about the others."""
    assert ["A read from memory, to bare Granian RSGI"] == [verdict.promise for verdict in judge_all(READS)]


def test_a_difference_is_in_microseconds_an_answer() -> None:
    """Two thousand answers a second instead of four are a quarter of a millisecond more each."""
    measured = [
        Series("auth", subject, subject, "req/s", (rate,))
        for subject, rate in (("fresh", 2000.0), ("known", 4000.0))
    ]
    assert 250.0 == pytest.approx(difference_of("auth", "fresh", "known")(measured))


def test_every_bound_asks_a_question_that_exists() -> None:
    """With figures for every subject of every question, each promise is decided."""
    subjects = {
        "read": ["rsgi", "memory", "sqlite", "fastapi"],
        "create": ["rsgi", "memory", "sqlite"],
        "scale": ["memory-small", "memory-large", "sqlite-small", "sqlite-large"],
        "health": ["memory", "memory-read"],
        "startup": ["memory", "sqlite", "version"],
        "footprint": ["memory", "sqlite"],
        "auth": ["open", "known", "fresh", "blocked"],
        "refusals": ["slowest"],
        "costliest": ["read", "head: x", PLAIN],
        "postgres-read": ["postgres", "rsgi-asyncpg", "fastapi-sqlalchemy", "kinto"],
        "postgres-create": ["postgres", "rsgi-asyncpg", "fastapi-sqlalchemy"],
        "postgres-create-alone": ["postgres", "kinto"],
        "postgres-scale": ["first-small", "first-large", "page-small", "page-large"],
        "limits": ["local", "redis"],
        "sqlite-batch": ["batch", "single"],
        "postgres-batch": ["batch", "single"],
        "filtered": ["postgres", "sqlite", "fastapi-sqlalchemy", "kinto", "pocketbase"],
        "transfer": ["sqlite-import", "sqlite-export", "postgres-import", "postgres-export"],
    }
    measured = [
        Series(question, subject, subject, "x", (1.0,))
        for question, names in subjects.items()
        for subject in names
    ]

    assert len(BOUNDS) == len(judge_all(measured))
    assert set(subjects) <= {question.name for question in QUESTIONS}
