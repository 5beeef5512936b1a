"""Moments: whole microseconds since the epoch, exact in both directions."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from estuary.core.moments import EPOCH, from_microseconds, in_six_digits, in_utc, to_microseconds

_ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


@given(st.datetimes(_FIRST.replace(tzinfo=None), _LAST.replace(tzinfo=None), timezones=_ZONES))
def test_a_moment_comes_back(moment: datetime) -> None:
    """Whatever its zone, to the microsecond, and as many of them as Python counts."""
    microseconds = to_microseconds(moment)
    assert (moment - EPOCH) // timedelta(microseconds=1) == microseconds
    assert (moment, UTC) == (from_microseconds(microseconds), from_microseconds(microseconds).tzinfo)


@pytest.mark.parametrize("seconds", [0, 1, 2**31, 2**32, 2**33])
@given(offset=st.integers(-2_000_000, 2_000_000))
def test_no_microsecond_is_taken_for_another(seconds: int, offset: int) -> None:
    """Also where a float begins to distinguish fewer of them."""
    microseconds = seconds * 1_000_000 + offset
    assert EPOCH + timedelta(microseconds=microseconds) == from_microseconds(microseconds)


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(1, 1, 1, tzinfo=UTC))
@example(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
@example(EPOCH - timedelta(microseconds=1))
@example(EPOCH)
def test_a_moment_is_written_as_msgspec_writes_it(moment: datetime) -> None:
    """With six digits, before the epoch and at a whole second, too."""
    written = msgspec.json.decode(msgspec.json.encode(in_six_digits(moment)))
    assert written == in_utc(to_microseconds(moment))


def test_each_day_has_its_own_date() -> None:
    """Whichever was written before."""
    days = [EPOCH + timedelta(days=number) for number in (0, 1, 1, 0, -1, 20_000, 0)]
    assert [f"{day:%Y-%m-%d}" for day in days] == [in_utc(to_microseconds(day))[:10] for day in days]
