"""Records as the JSON that Convex keeps, and back."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec.structs import asdict

from estuary.core.errors import StoreQueryFailed
from estuary.core.field import Field
from estuary.core.kinds.kind import Kind
from estuary.core.moments import AwareDatetime, from_microseconds
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Position, Record
from estuary.core.resource import Resource
from estuary.core.sources import Row
from estuary.stores.convex.document_forms import encoding_of, form_of

T = TypeVar("T")

START = ""
_BEHIND_ALL = "~"
"""Positions begin with a digit."""


class Documents:
    """The records of one resource; a field that a document lacks has its default."""

    def __init__(self, resource: Resource) -> None:
        self._restore = resource.restore
        forms = {field.name: form_of(field.kind) for field in resource.fields}
        self._decode = {name: form.decode for name, form in forms.items()}
        self._encode = {
            field.name: encode
            for field in resource.fields
            if (encode := encoding_of(field.kind.document)) is not None
        }
        value = msgspec.defstruct(
            "Value", [_member(field, forms[field.name].type) for field in resource.fields], kw_only=True
        )
        document = msgspec.defstruct(
            "Document",
            [
                ("id", str),
                ("version", float),
                ("created_at", AwareDatetime),
                ("updated_at", AwareDatetime),
                ("owner", str),
                ("value", value),
            ],
        )
        self._one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(document)
        self._any: msgspec.json.Decoder[Any] = msgspec.json.Decoder(document | None)
        self._many: msgspec.json.Decoder[Any] = msgspec.json.Decoder(list[document])  # type: ignore[valid-type] # made above

    def document(self, record: Record) -> Mapping[str, Any]:
        """`record` as Convex is sent it."""
        return {
            "id": record.id,
            "version": record.version,
            "created_at": moment(record.created_at),
            "updated_at": moment(record.updated_at),
            "owner": record.owner,
            "value": self.changes(asdict(record.value)) if self._encode else record.value,
        }

    def changes(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `values` of some fields as Convex is sent them."""
        encode = self._encode
        return {
            name: encode[name](value) if name in encode and value is not None else value
            for name, value in values.items()
        }

    def compared(self, key: UniqueKey, given: Sequence[Any]) -> Sequence[Any] | None:
        """`given`, values of the fields of `key`, as its index has them; None where one is null."""
        values = key.values(given)
        if values is None:
            return None
        encode = self._encode
        named = zip(key.fields, values, strict=True)
        return [encode[name](value) if name in encode else value for name, value in named]

    def record(self, raw: msgspec.Raw) -> Record:
        """The record in an answer; raises `StoreQueryFailed` where the declaration does not fit it."""
        return self._record(fitting(self._one, raw))

    def record_if_any(self, raw: msgspec.Raw) -> Record | None:
        """The record in an answer, or None for null; raises as `record` does."""
        document = fitting(self._any, raw)
        return None if document is None else self._record(document)

    def records(self, raw: msgspec.Raw) -> list[Record]:
        """The records in an answer; raises as `record` does."""
        return [self._record(document) for document in fitting(self._many, raw)]

    def _record(self, document: Any) -> Record:
        kept = ((name, getattr(document.value, name), decode) for name, decode in self._decode.items())
        values = {
            name: value if value is None or decode is None else decode(value)
            for name, value, decode in kept
            if value is not msgspec.UNSET
        }
        return Record(
            document.id,
            int(document.version),
            document.created_at.astimezone(UTC),
            document.updated_at.astimezone(UTC),
            self._restore(values),
            document.owner,
        )


def _member(field: Field, type_: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    """The member of a document's value: what may be missing has the declared type's own default."""
    type_ = type_ | None if field.optional else type_
    return (field.name, type_) if field.required else (field.name, type_ | msgspec.UnsetType, msgspec.UNSET)


def kept(kind: Kind, value: Any) -> Any:
    """The form of `value` in a document, a value of this kind or null."""
    encode = encoding_of(kind.document)
    return value if value is None or encode is None else encode(value)


def is_time(kind: Kind) -> bool:
    """Whether what is kept is a time: earlier releases left out zeros at the end of a second's fraction."""
    return bool(kind.kept == AwareDatetime)


def defaults(resource: Resource) -> Mapping[str, Any]:
    """The values that records have in fields that are newer than them, as documents hold them."""
    kinds = {field.name: field.kind for field in resource.fields}
    found: dict[str, Any] = {}
    for info in msgspec.structs.fields(resource.kept_type):
        if info.default_factory is not msgspec.NODEFAULT:
            found[info.name] = kept(kinds[info.name], info.default_factory())
        elif info.default is not msgspec.NODEFAULT:
            found[info.name] = kept(kinds[info.name], info.default)
    return found


def fitting(decoder: msgspec.json.Decoder[T], raw: msgspec.Raw) -> T:
    """What is in an answer; raises `StoreQueryFailed` where it is something else."""
    try:
        return decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise StoreQueryFailed("What Convex answered is not what was asked for") from error


def moment(time: datetime) -> str:
    """`time` in RFC 3339, always of the same width, so that texts are ordered as times are."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def place_of(record: Record) -> Position:
    """The position of `record` in its list."""
    return Position(record.created, record.id)


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
