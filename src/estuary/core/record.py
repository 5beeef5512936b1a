"""A record: one value of a resource with its identity, version and times."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_is_canonical_id = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII).fullmatch


class Record(msgspec.Struct, frozen=True, gc=False):
    """One stored value. `version` starts at 1 and grows by one with every write.

    `owner` is whose record it is, the empty text where it is nobody's. Times are UTC with microseconds.
    The collector does not track records (`gc=False`): they form no cycles, and a million of them would
    otherwise make every full collection walk a million objects.
    """

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    value: msgspec.Struct
    owner: str = ""


class Position(NamedTuple):
    """A record's place in its resource's order: creation time in microseconds, ties by id."""

    created_at: int
    id: str


def is_record_id(text: str) -> bool:
    """Whether `text` can be the id of a record: a UUID in canonical form (RFC 9562, lower case)."""
    return _is_canonical_id(text) is not None


def to_microseconds(moment: datetime) -> int:
    """`moment` (aware) as whole microseconds since the epoch, without a float's rounding."""
    return (moment - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """The inverse of `to_microseconds`, in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)
