"""Filter: `RUST_LOG` as operators write it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.telemetry.filter import Filter, Level


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
    ],
)
def test_the_longest_matching_target_decides(directives: str, target: str, expected: Level) -> None:
    """Targets match by whole segments, a bare level is for all others, which else log their errors."""
    assert expected is Filter(directives).level(target)


@pytest.mark.parametrize("directive", ["estuary=loud", "=info", "estuary=", "a b=info", "[x]=info", "a/b"])
def test_a_wrong_directive_is_named(directive: str) -> None:
    """The error quotes the directive and lists the levels."""
    with pytest.raises(ValueError, match="off, error, warn, info, debug, trace") as raised:
        Filter(f"info,{directive}")
    assert repr(directive) in str(raised.value)


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
