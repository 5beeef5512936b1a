"""Filter: `RUST_LOG` as operators write it."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.telemetry.filter import PARTS, Filter, Level


@pytest.mark.parametrize(
    ("directives", "target", "expected"),
    [
        ("", "estuary::http", Level.ERROR),
        ("info", "estuary::http", Level.INFO),
        ("INFO", "estuary::http", Level.INFO),
        ("off", "estuary::http", Level.OFF),
        ("estuary=info", "estuary", Level.INFO),
        ("estuary=info", "estuary::access", Level.INFO),
        ("estuary=info", "estuary_too", Level.ERROR),
        ("estuary=info", "asyncpg", Level.ERROR),
        ("estuary=info,tower_http=warn", "estuary::access", Level.INFO),
        ("estuary=info,tower_http=warn,tokio=warn", "asyncio", Level.ERROR),
        ("estuary=debug,tower_http=debug", "estuary::http", Level.DEBUG),
        ("estuary", "estuary::http", Level.TRACE),
        ("warn,estuary=debug", "asyncpg", Level.WARN),
        ("estuary=off,warn", "estuary::http", Level.OFF),
        ("estuary=warn,estuary::http=debug", "estuary::http", Level.DEBUG),
        ("estuary=warn,estuary::http=debug", "estuary::http::body", Level.DEBUG),
        ("estuary::http=debug,estuary=warn", "estuary::http", Level.DEBUG),
        ("estuary::http=debug,estuary=warn", "estuary::store", Level.WARN),
        ("estuary=info,estuary=error", "estuary", Level.ERROR),
        (" estuary = Info , , asyncpg = trace ", "asyncpg", Level.TRACE),
        ("Estuary=debug", "estuary::http", Level.DEBUG),
        ("ESTUARY::HTTP=debug", "estuary::http", Level.DEBUG),
        ("estuary.http=debug", "estuary::http", Level.DEBUG),
        ("estuary.http=debug", "estuary::store", Level.ERROR),
        ("Estuary.HTTP", "estuary::http", Level.TRACE),
        ("asyncpg.pool=debug", "asyncpg::pool", Level.DEBUG),
        ("Shop.parts=debug", "Shop::parts", Level.DEBUG),
        ("info,hyper=warn,h2=off,actuary=debug,estuary_too=debug", "estuary::http", Level.INFO),
    ],
)
def test_the_longest_matching_target_decides(directives: str, target: str, expected: Level) -> None:
    """Targets match by whole segments, a bare level is for all others, which else log their errors.

    Case does not matter, dots are as good as colons, and targets of other programs are accepted.
    """
    assert expected is Filter(directives).level(target)


@pytest.mark.parametrize(
    "directive",
    [
        *(
            "a/b",
            "warning",
            "critical",
            "none",
            "5",
            "verbose",
            "estuary::htpp",
            "estuary_too",
            "tower_http",
        ),
    ],
)
def test_a_wrong_word_is_named(directive: str) -> None:
    """The error quotes the directive, and lists what needs no level."""
    with pytest.raises(ValueError, match="is neither a level nor target=level") as raised:
        Filter(f"info,{directive}")
    assert repr(directive) in str(raised.value)
    assert "alone may stand estuary, estuary:: with one of access, " in str(raised.value)


@pytest.mark.parametrize("directive", ["estuary=loud", "estuary="])
def test_an_unknown_level_is_named(directive: str) -> None:
    """The error quotes the directive, and lists the levels."""
    with pytest.raises(ValueError, match="does not end in a level: levels are off, error, warn") as raised:
        Filter(f"info,{directive}")
    assert repr(directive) in str(raised.value)


@pytest.mark.parametrize("directive", ["=info", "a b=info", "[x]=info"])
def test_an_unknown_target_is_named(directive: str) -> None:
    """The error quotes the directive, and shows a target."""
    with pytest.raises(ValueError, match="has no target such as estuary::http") as raised:
        Filter(f"info,{directive}")
    assert repr(directive) in str(raised.value)


@pytest.mark.parametrize(
    ("word", "meant"), [("warning", "warn"), ("inof", "info"), ("estuary::htpp", "estuary::http")]
)
def test_a_word_that_is_nearly_right_is_put_right(word: str, meant: str) -> None:
    """`warning` was a target of its own once, and silenced everything."""
    with pytest.raises(ValueError, match=f"{meant} meant"):
        Filter(word)


@pytest.mark.parametrize(
    ("directive", "meant"),
    [
        ("estuary::htp=debug", "estuary::http"),
        ("estuary.htp=debug", "estuary::http"),
        ("Estuary::Stores=debug", "estuary::store"),
        ("estuery=debug", "estuary"),
        ("esutary::http=debug", "estuary::http"),
        ("estuary::=debug", "estuary"),
    ],
)
def test_a_misspelt_target_of_ours_is_put_right(directive: str, meant: str) -> None:
    """It would match no line, and so leave only errors of all others."""
    with pytest.raises(ValueError, match=f"nothing logs under \\({meant} meant") as raised:
        Filter(directive)
    assert repr(directive) in str(raised.value)
    assert "targets are estuary, estuary:: with one of access, " in str(raised.value)


def test_an_unknown_target_of_ours_without_a_near_one_is_refused_too() -> None:
    """Then the error lists the targets and suggests none of them."""
    with pytest.raises(ValueError, match="nothing logs under: targets are estuary"):
        Filter("estuary::handlers=debug")


@pytest.mark.parametrize(
    ("directives", "expected"),
    [
        ("estuary=off", True),
        ("warn", True),
        ("hyper=info,ESTUARY.http=debug", True),
        ("hyper=info", False),
        ("estuary_too=info", False),
    ],
)
def test_it_is_known_whether_our_own_lines_are_mentioned(directives: str, *, expected: bool) -> None:
    """By a target of ours, or a level for all targets."""
    assert expected is Filter(directives).mentions_estuary


@pytest.mark.parametrize("target", ["estuary", "estuary::access", "asyncpg", "aiohttp::client"])
def test_a_target_alone_logs_all_its_lines(target: str) -> None:
    """Where it is one that something logs under."""
    assert Level.TRACE is Filter(target).level(target)


NO_TARGETS = {"client", "testing", "toml"}
"""What else is called so: a logger in other people's programs, an issuer, a file."""


def test_every_target_of_ours_may_stand_alone() -> None:
    """The parts are those that the source logs under; the client's logger is its user's."""
    source = Path(__file__).parents[3] / "src/estuary"
    texts = [file.read_text() for file in source.rglob("*.py") if file.name != "filter.py"]
    used = {part for text in texts for part in re.findall(r'"estuary(?:::|\.)([a-z]+)"', text)}
    assert set(PARTS) == used - NO_TARGETS


@pytest.mark.parametrize(
    ("directives", "expected"),
    [("", Level.ERROR), ("off", Level.OFF), ("warn,a=debug", Level.DEBUG), ("info,a=warn", Level.INFO)],
)
def test_the_widest_level_bounds_every_target(directives: str, expected: Level) -> None:
    """No target may log more than it; libraries' loggers are set to it."""
    assert expected is Filter(directives).widest


@given(st.text())
def test_any_text_is_a_filter_or_an_error(directives: str) -> None:
    """Nothing but `ValueError` ever comes of a text."""
    with suppress(ValueError):
        assert Level.OFF <= Filter(directives).level("estuary") <= Level.TRACE
