"""Moments: whole microseconds since the epoch, exact in both directions."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.moments import EPOCH, from_microseconds, to_microseconds

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
    """Also where a float begins to tell fewer of them apart."""
    microseconds = seconds * 1_000_000 + offset
    assert EPOCH + timedelta(microseconds=microseconds) == from_microseconds(microseconds)
