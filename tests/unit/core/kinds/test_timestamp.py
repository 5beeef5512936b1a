"""Moments, in UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from estuary.core.kinds.timestamp import Timestamp
from tests.unit.core.kinds.checks import broken, cleaned


def test_a_timestamp_is_turned_into_utc() -> None:
    """The same moment, with no offset; microseconds stay."""
    there = datetime(2000, 1, 1, 3, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    value = cleaned(there, Timestamp())
    assert (datetime(1999, 12, 31, 21, 30, 0, 1, tzinfo=UTC), UTC) == (value, value.tzinfo)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_a_timestamp_outside_the_calendar_in_utc_is_refused(moment: datetime) -> None:
    """What has no form in RFC 3339 with a Z cannot be answered."""
    expected = ("must lie between the years 1 and 9999 in UTC", "range")
    assert expected == broken(moment, Timestamp())
