"""A record: one value of a resource with its identity, version and times."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec
from mypy_extensions import mypyc_attr

from estuary.core.moments import from_microseconds, to_microseconds

_encode: Final = msgspec.json.Encoder().encode


@mypyc_attr(acyclic=True)
class Record:
    """One stored value, not to be changed. `version` starts at 1 and grows by one with every write.

    `owner` is whose record it is, the empty text where it has no owner. `created` and `updated` are whole
    microseconds since the epoch, as stores keep times and JSON is made of them; either way of giving a time
    will do, and a `datetime` is made only when it is asked for.

    Compiled, the garbage collector does not track records (`acyclic`): they form no cycles, and a million
    of them would otherwise make every full collection walk a million objects.
    """

    __slots__ = ("created", "id", "owner", "updated", "value", "version")

    def __init__(
        self,
        id: str,  # noqa: A002 - the field's name
        version: int,
        created_at: datetime | int,
        updated_at: datetime | int,
        value: msgspec.Struct,
        owner: str = "",
    ) -> None:
        self.id: Final = id
        self.version: Final = version
        self.created: Final = _microseconds(created_at)
        self.updated: Final = self.created if updated_at is created_at else _microseconds(updated_at)
        self.value: Final = value
        self.owner: Final = owner

    @property
    def created_at(self) -> datetime:
        """When it was created, in UTC."""
        return from_microseconds(self.created)

    @property
    def updated_at(self) -> datetime:
        """When it was last written, in UTC."""
        return from_microseconds(self.updated)

    def at_version(self, version: int) -> "Record":
        """The same record with another version."""
        return Record(self.id, version, self.created, self.updated, self.value, self.owner)

    def has(self, changes: Mapping[str, Any]) -> bool:
        """Whether each field in `changes` holds the value there already."""
        return all(_is_same(getattr(self.value, name), value) for name, value in changes.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and _parts(self) == _parts(other)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"Record{_parts(self)!r}"


def _is_same(one: Any, other: Any) -> bool:
    """Whether both are the same on the wire: objects hold numbers of which Python says that 1 is true."""
    if isinstance(one, (dict, msgspec.Struct)):
        return type(one) is type(other) and _encode(one) == _encode(other)
    return bool(one == other)


def _microseconds(moment: datetime | int) -> int:
    return moment if isinstance(moment, int) else to_microseconds(moment)


def _parts(record: Record) -> tuple[str, int, datetime, datetime, msgspec.Struct, str]:
    return (
        record.id,
        record.version,
        record.created_at,
        record.updated_at,
        record.value,
        record.owner,
    )


class Place(NamedTuple):
    """What names one record in a store: its resource and its id."""

    resource: str
    id: str


@mypyc_attr(acyclic=True)
class Written:
    """What a write left behind: the record as it wrote it, None after a delete.

    `replayed`: an earlier write with the same key did it, and this one changed nothing. `changed` are all
    other records that it changed; what was read of them before holds no more. `made` is false where nothing
    was written: it was replayed, a dry run, or would have left every field as it was.
    """

    __slots__ = ("changed", "made", "record", "replayed")

    def __init__(
        self,
        record: Record | None,
        replayed: bool = False,
        changed: Sequence[Place] = (),
        made: bool = True,
    ) -> None:
        self.record: Final = record
        self.replayed: Final = replayed
        self.changed: Final = changed
        self.made: Final = made and not replayed

    def tried(self) -> "Written":
        """The outcome of the same write as a dry run."""
        return Written(self.record, self.replayed, self.changed, made=False)

    def having_changed(self, places: Iterable["Place"]) -> "Written":
        """The outcome of the same write, if it also changed the records at `places`."""
        return Written(self.record, self.replayed, (*self.changed, *places), self.made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and _outcome(self) == _outcome(other)

    def __hash__(self) -> int:
        return hash(_outcome(self))

    def __repr__(self) -> str:
        flags = f"replayed={self.replayed}, changed={self.changed}, made={self.made}"
        return f"Written({self.record!r}, {flags})"


def _outcome(written: Written) -> tuple[Record | None, bool, tuple[Place, ...], bool]:
    return (written.record, written.replayed, tuple(written.changed), written.made)


class Position(NamedTuple):
    """A record's place in its resource's order: creation time in microseconds, ties by id."""

    created_at: int
    id: str
