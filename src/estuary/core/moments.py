"""Moments as whole microseconds since the epoch: how stores keep and compare them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

import msgspec

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in time; a clock reading without a zone is not one."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS: Final = 86_400
_TOLD_APART: Final = 2**32 * 1_000_000
"""Until the year 2106."""
_from_timestamp: Final = datetime.fromtimestamp


def to_microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since the epoch, without a float's rounding."""
    since = moment - EPOCH
    return (since.days * _DAY_SECONDS + since.seconds) * 1_000_000 + since.microseconds


def in_six_digits(moment: datetime) -> datetime | str:
    """What msgspec writes of `moment` (in UTC) with six digits of a fraction, at a whole second too.

    It leaves the fraction out there, and readers that were given it a million times stumble over that.
    """
    if moment.microsecond:
        return moment
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    # As far as a float tells one microsecond from the next, for it takes a quarter of the time.
    if 0 <= microseconds < _TOLD_APART:
        return _from_timestamp(microseconds / 1_000_000, UTC)
    return EPOCH + timedelta(microseconds=microseconds)
