"""The arithmetic behind every figure that is published."""

import pytest

from bench.series import Latency, Series, find, ratio


def series(*values: float, question: str = "read", subject: str = "memory") -> Series:
    """A series with these figures."""
    return Series(question, subject, subject.capitalize(), "req/s", values)


def test_one_disturbed_round_moves_neither_median_nor_ratio() -> None:
    """A round in which the machine was busy with something else does not become the result."""
    ours, base = series(80, 8, 81), series(100, 101, 100)

    assert 80 == ours.median
    assert ratio(ours, base) == pytest.approx(0.8)


def test_a_ratio_is_taken_within_rounds() -> None:
    """Where the whole machine slows down from round to round, the ratio stays what it is in each."""
    ours, base = series(50, 20, 5), series(100, 40, 10)

    assert ratio(ours, base) == pytest.approx(0.5)


def test_series_of_different_runs_are_not_compared() -> None:
    """A ratio of unlike numbers of rounds is an error, not a figure."""
    with pytest.raises(ValueError, match="zip"):
        ratio(series(1, 2), series(1))


def test_spread_is_the_range_over_the_median() -> None:
    """90 to 120 around 100 is a spread of 30 percent."""
    assert series(90, 100, 120).spread == pytest.approx(0.3)


def test_p99_is_the_median_of_the_rounds() -> None:
    """One slow round does not make the published percentile; no latencies make none."""
    latencies = (Latency(1, 10), Latency(1, 900), Latency(1, 12))

    assert 12 == Series("read", "x", "X", "req/s", (1, 1, 1), latencies=latencies).p99
    assert series(1).p99 is None


def test_find_takes_question_and_subject() -> None:
    """The same subject of another question is not the one asked for."""
    wanted = series(1, question="create")

    assert wanted is find([series(2), wanted], "create", "memory")
    assert find([wanted], "create", "sqlite") is None
