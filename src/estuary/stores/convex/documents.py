"""Records as the JSON that Convex keeps, and back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from estuary.core.errors import StoreQueryFailed
from estuary.core.field import Kind
from estuary.core.moments import from_microseconds, to_microseconds
from estuary.core.record import Position, Record
from estuary.core.resource import AwareDatetime, Resource
from estuary.core.sources import Row

T = TypeVar("T")

START = ""
_BEHIND_ALL = "~"
"""Positions begin with a digit."""


class Documents:
    """The records of one resource; a field that a document lacks has its default."""

    def __init__(self, resource: Resource) -> None:
        self._restore = resource.restore
        self._names = resource.field_names
        # Convex has one kind of number, and writes it as a float.
        self._integers = [field.name for field in resource.fields if field.kind is Kind.INTEGER]
        document = msgspec.defstruct(
            "Document",
            [
                ("id", str),
                ("version", float),
                ("created_at", AwareDatetime),
                ("updated_at", AwareDatetime),
                ("owner", str),
                ("value", resource.draft_type),
            ],
        )
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(document)
        self._any: msgspec.json.Decoder[Any] = msgspec.json.Decoder(document | None)
        self._many: msgspec.json.Decoder[Any] = msgspec.json.Decoder(list[document])  # type: ignore[valid-type] # made above

    def record(self, raw: msgspec.Raw) -> Record:
        """The record in an answer; raises `StoreQueryFailed` where the declaration does not fit it."""
        return self._record(fitting(self._one, raw))

    def record_if_any(self, raw: msgspec.Raw) -> Record | None:
        """The record in an answer, None where there is none; raises as `record` does."""
        document = fitting(self._any, raw)
        return None if document is None else self._record(document)

    def records(self, raw: msgspec.Raw) -> list[Record]:
        """The records in an answer; raises as `record` does."""
        return [self._record(document) for document in fitting(self._many, raw)]

    def _record(self, document: Any) -> Record:
        values = {name: getattr(document.value, name) for name in self._names}
        for name in self._integers:
            if values[name] is not None:
                values[name] = int(values[name])
        return Record(
            document.id,
            int(document.version),
            document.created_at.astimezone(UTC),
            document.updated_at.astimezone(UTC),
            self._restore(values),
            document.owner,
        )


def fitting(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw) -> T:
    """What is in an answer; raises `StoreQueryFailed` where it is something else."""
    try:
        return decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise StoreQueryFailed("What Convex answered is not what was asked for") from error


def document(record: Record) -> Mapping[str, Any]:
    """`record` as Convex is sent it."""
    return {
        "id": record.id,
        "version": record.version,
        "created_at": moment(record.created_at),
        "updated_at": moment(record.updated_at),
        "owner": record.owner,
        "value": record.value,
    }


def moment(time: datetime) -> str:
    """`time` in RFC 3339, always of the same width, so that texts are ordered as times are."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def place_of(record: Record) -> Position:
    """Where `record` stands in its list."""
    return Position(to_microseconds(record.created_at), record.id)


def position(place: Position | None) -> str:
    """`place` as the functions know it (`positionOf` in `convex/model.ts`)."""
    if place is None:
        return START
    try:
        return _position(from_microseconds(place.created_at), place.id)
    except OverflowError:
        return START if place.created_at < 0 else _BEHIND_ALL


def last_position(records: Sequence[Record] | Sequence[Row]) -> str:
    """Where the page behind `records` starts."""
    return _position(records[-1].created_at, records[-1].id)


def _position(created_at: datetime, record_id: str) -> str:
    return f"{moment(created_at)}/{record_id}"
