"""How long a request waits before it is sent again."""

from datetime import UTC, datetime

import pytest

from estuary.stores.convex.backoff import pause, seconds_of

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempt", "longest"), [(1, 0.05), (2, 0.1), (5, 0.8), (50, 2.0)])
def test_pauses_grow_and_are_spread_over_all_of_their_range(attempt: int, longest: float) -> None:
    """Full jitter: between nothing and a bound that doubles, and not beyond two seconds."""
    pauses = [pause(attempt) for _ in range(500)]
    assert 0 <= min(pauses) < longest / 4
    assert longest * 3 / 4 < max(pauses) <= longest


def test_what_the_server_asks_for_is_the_least() -> None:
    """Jitter comes on top of it."""
    assert all(3 <= pause(1, 3.0) <= 3.05 for _ in range(100))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, 999_999_999.0),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0),
        ("Wed, 25 Nov 2026 12:00:30 -0000", 30.0),
        ("Wed, 25 Nov 2026 11:59:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("\u0661", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """Anything else says nothing (RFC 9110, section 10.2.3)."""
    assert seconds == seconds_of(header, NOW)
