"""Records in answers, and how they are read as values of a type."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar, cast, overload

import msgspec
from msgspec import Raw, Struct

from estuary.client.errors import NotShown, UnexpectedAnswer
from estuary.client.values import names_of, reader_of

T = TypeVar("T")
E = TypeVar("E")

_version_in: Final = re.compile(r'(?:W/)?"([0-9]+)"').fullmatch
"""A proxy that compresses answers makes a tag weak; the version is the same."""


class Shown(Struct, Generic[T], frozen=True):
    """A record in an answer."""

    id: str
    value: T
    created_at: datetime
    updated_at: datetime
    expand: Mapping[str, Raw] | None = None


class Record(Generic[T]):
    """A record: `value` is of the resource's own type.

    `version` is known where the record was read or written by itself; in lists, and where it was expanded,
    it is None. Where who wrote a record may not read it, all but `version` raises `NotShown`.
    """

    __slots__ = ("_shown", "version")

    def __init__(self, shown: Shown[T] | None, version: int | None = None) -> None:
        self._shown = shown
        self.version = version

    @property
    def id(self) -> str:
        """The record's id, a UUID as a text."""
        return self._readable.id

    @property
    def value(self) -> T:
        """The record's fields."""
        return self._readable.value

    @property
    def created_at(self) -> datetime:
        """When it was created, in UTC."""
        return self._readable.created_at

    @property
    def updated_at(self) -> datetime:
        """When it was last changed, in UTC."""
        return self._readable.updated_at

    @overload
    def expand(self, name: str) -> "Record[dict[str, Any]] | None": ...
    @overload
    def expand(self, name: str, value_type: type[E]) -> "Record[E] | None": ...
    def expand(self, name: str, value_type: type[Any] = dict) -> "Record[Any] | None":
        """The record that the field `name` refers to, read as `value_type`.

        None where it refers to nothing, or to what may not be read; `KeyError` where it was not expanded.
        """
        found = (self._readable.expand or {})[name]
        return None if bytes(found) == b"null" else codec_of(value_type).record(found)

    @property
    def _readable(self) -> Shown[T]:
        if self._shown is None:
            raise NotShown
        return self._shown

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return (self._shown, self.version) == (other._shown, other.version)

    __hash__ = None  # type: ignore[assignment]  # its value need not have a hash

    def __repr__(self) -> str:
        if self._shown is None:
            return "Record(not shown)"
        return f"Record(id={self.id!r}, version={self.version}, value={self.value!r})"


class Page(Generic[T]):
    """Some records of a list, in its order; `next_cursor` leads to those behind them, None at the end."""

    __slots__ = ("next_cursor", "records")

    def __init__(self, records: list[Record[T]], next_cursor: str | None) -> None:
        self.records = records
        self.next_cursor = next_cursor

    def __iter__(self) -> Iterator[Record[T]]:
        return iter(self.records)

    def __len__(self) -> int:
        return len(self.records)


class _Metadata(Struct):
    """What is Estuary's own in a record's JSON."""

    id: str
    created_at: datetime
    updated_at: datetime
    expand: dict[str, Raw] | None = None


class Codec(Generic[T]):
    """Reads records as values of a type: a Struct, or anything else that msgspec decodes from an object."""

    def __init__(self, value_type: type[T]) -> None:
        self.value_type: Final = value_type
        self.names: Final = names_of(value_type)
        """The fields of the type; None where it takes any."""
        self._metadata = msgspec.json.Decoder(_Metadata).decode
        self._value = reader_of(value_type)

    def record(self, body: bytes | Raw, tag: str | None = None) -> Record[T]:
        """The record in `body`, with the version in the entity tag; raises `UnexpectedAnswer`."""
        try:
            own = self._metadata(body)
            value = self._value(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            type_name = getattr(self.value_type, "__name__", str(self.value_type))
            raise UnexpectedAnswer(f"the record cannot be read as {type_name}: {error}") from error
        matched = _version_in(tag or "")
        version = int(matched[1]) if matched else None
        return Record(Shown(own.id, value, own.created_at, own.updated_at, own.expand), version)


def codec_of(value_type: type[T]) -> Codec[T]:
    """The codec of a type, made once."""
    codec = _CODECS.get(value_type)
    if codec is None:
        codec = _CODECS[value_type] = Codec(value_type)
    return cast("Codec[T]", codec)


_CODECS: dict[Any, Codec[Any]] = {}
