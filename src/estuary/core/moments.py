"""Moments as whole microseconds since the epoch: how stores keep and compare them."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final

import msgspec
from mypy_extensions import i64

from estuary.core.decimals import THREE_DIGITS

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in time; a clock reading without a zone is not one."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS: Final[i64] = 86_400
_TOLD_APART: Final = 2**32 * 1_000_000
"""Until the year 2106."""
_from_timestamp: Final = datetime.fromtimestamp
_EPOCH_ORDINAL: Final = EPOCH.toordinal()
_MINUTES: Final = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60)]
_SECONDS: Final = [f"{second:02}." for second in range(60)]
_LAST_DIGITS: Final = [f"{number:03}Z" for number in range(1000)]


def to_microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since the epoch, without a float's rounding."""
    since = moment - EPOCH
    return (i64(since.days) * _DAY_SECONDS + i64(since.seconds)) * 1_000_000 + i64(since.microseconds)


def in_six_digits(moment: datetime) -> datetime | str:
    """What msgspec writes of `moment` (in UTC) with six digits of a fraction, at a whole second too.

    It leaves the fraction out there, and readers that were given it a million times stumble over that.
    """
    if moment.microsecond:
        return moment
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


class _LastDate:
    """The date that was written last: most times that are written one after the other share theirs."""

    def __init__(self) -> None:
        self._day: i64 = 0
        self._text = EPOCH.date().isoformat()

    def of(self, day: i64) -> str:
        """The date of a day, counted from the epoch."""
        if day != self._day:
            self._day, self._text = day, date.fromordinal(_EPOCH_ORDINAL + day).isoformat()
        return self._text


_LAST_DATE: Final = _LastDate()


def in_utc(microseconds: int) -> str:
    """What `in_six_digits` gives for the moment that `from_microseconds` makes, always as text.

    Put together from parts: to make a `datetime` of a number costs three times as much. They are few, for
    each costs a hundred instructions.
    """
    since: i64 = microseconds
    seconds, fraction = since // 1_000_000, since % 1_000_000
    day, second = seconds // _DAY_SECONDS, seconds % _DAY_SECONDS
    milliseconds, rest = THREE_DIGITS[fraction // 1000], _LAST_DIGITS[fraction % 1000]
    return f"{_LAST_DATE.of(day)}{_MINUTES[second // 60]}{_SECONDS[second % 60]}{milliseconds}{rest}"


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    # As long as a float distinguishes one microsecond from the next, for it takes a quarter of the time.
    if 0 <= microseconds < _TOLD_APART:
        return _from_timestamp(microseconds / 1_000_000, UTC)
    return EPOCH + timedelta(microseconds=microseconds)
