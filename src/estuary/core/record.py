"""A record: one value of a resource with its identity, version and times."""

from datetime import datetime
from typing import NamedTuple

import msgspec


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
