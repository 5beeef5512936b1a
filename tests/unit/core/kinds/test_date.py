"""Days of the calendar."""

from datetime import date, datetime
from typing import Any

import pytest

from estuary.core.kinds.date import Date
from estuary.core.kinds.kind import Broken
from tests.unit.core.kinds.checks import cleaned


@pytest.mark.parametrize("day", [date.min, date(1900, 2, 28), date(2000, 2, 29), date.max], ids=str)
def test_every_day_of_the_calendar_passes(day: date) -> None:
    """From the first to the last; a query gives it as a body does."""
    assert day == cleaned(day, Date())
    assert day == Date().comparand(day.isoformat())


@pytest.mark.parametrize(
    ("value", "message", "code"),
    [
        ("2024-02-30", "must be a date that exists, from 0001-01-01 to 9999-12-31", "range"),
        ("1900-02-29", "must be a date that exists, from 0001-01-01 to 9999-12-31", "range"),
        ("0000-01-01", "must be a date that exists, from 0001-01-01 to 9999-12-31", "range"),
        ("2024-2-3", "must be a date as RFC 3339 writes it: 2026-01-31", "type"),
        ("2024-02-03T00:00:00Z", "must be a date as RFC 3339 writes it: 2026-01-31", "type"),
        ("10000-01-01", "must be a date as RFC 3339 writes it: 2026-01-31", "type"),
        ("\u0662024-02-03", "must be a date as RFC 3339 writes it: 2026-01-31", "type"),
        ("", "must be a date as RFC 3339 writes it: 2026-01-31", "type"),
        (20240203, "must be a date", "type"),
        (True, "must be a date", "type"),
    ],
)
def test_what_is_no_day_is_refused(value: Any, message: str, code: str) -> None:
    """A text in the right form that names no day is distinguished from one in another form."""
    with pytest.raises(Broken) as error:
        Date().comparand(value)
    assert (message, code) == (error.value.message, error.value.code)


@pytest.mark.parametrize("value", [datetime(2024, 2, 3), "2024-02-03", 0], ids=repr)  # noqa: DTZ001 (refused)
def test_a_default_is_a_date(value: Any) -> None:
    """Not a moment, which Python takes for a date, nor what stands for one in JSON."""
    with pytest.raises(Broken, match="must be a date"):
        Date().check_default(value)
    Date().check_default(date(2024, 2, 3))
