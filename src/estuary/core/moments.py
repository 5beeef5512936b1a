"""Moments as whole microseconds since the epoch: how stores keep and compare them."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since the epoch, without a float's rounding."""
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)
