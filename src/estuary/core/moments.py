"""Moments as whole microseconds since the epoch: how stores keep and compare them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in time; a clock reading without a zone is not one."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since the epoch, without a float's rounding."""
    return (moment - EPOCH) // _MICROSECOND


def in_six_digits(moment: datetime) -> datetime | str:
    """What msgspec writes of `moment` (in UTC) with six digits of a fraction, at a whole second too.

    It leaves the fraction out there, and readers that were given it a million times stumble over that.
    """
    if moment.microsecond:
        return moment
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)
