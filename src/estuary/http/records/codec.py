"""A resource's JSON: the decoders and encoders, made once at start-up."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from estuary.core.moments import in_utc
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.http.records.bodies import BodyDecoder

_ID: Final = '{"id":"'
_NEXT_ID: Final = f",{_ID}"
_ID_END: Final = '",'
_CREATED: Final = ',"created_at":"'
_UPDATED: Final = '","updated_at":"'
_END: Final = '"}'
"""The JSON around the parts of a record."""


class RecordCodec:
    """Decodes what clients send of a resource and encodes its records."""

    def __init__(self, resource: Resource) -> None:
        kinds = {field.name: field.kind for field in resource.fields}
        self.draft = BodyDecoder(resource.draft_type, kinds)
        """Decodes a create request; raises `BadRequest`."""
        self.changes = BodyDecoder(resource.changes_type, kinds)
        """Decodes an update request; raises `BadRequest`."""
        self.patch = BodyDecoder(resource.patch_type, kinds)
        """Decodes a merge patch; raises `BadRequest`."""
        encoder = msgspec.json.Encoder()
        self._encode = encoder.encode
        self._encode_lines = encoder.encode_lines
        self._written = [
            (place, write)
            for place, kind in enumerate(kinds.values())
            if (write := kind.written) is not None
        ]
        shown = [place for place, field in enumerate(resource.fields) if not field.hidden]
        self._shown = shown if len(shown) < len(resource.fields) else None
        """Where the fields are that clients see; None where they see all of them."""
        self._splices = not self._written and self._shown is None and _is_plain(resource.value_type)
        """Whether the JSON of a value holds its fields as clients see them."""
        self._values_of: Callable[[msgspec.Struct], tuple[Any, ...]] = astuple
        self._representation = _representation_type(resource)

    def record(self, record: Record) -> bytes:
        """One record as JSON."""
        if not self._splices:
            represented: bytes = self._encode(self._represent(record))
            return represented
        # Put together from parts it takes a third fewer instructions than through one flat object.
        value: bytes = self._encode(record.value)
        created, updated = _times(record)
        fields = value[1:-1].decode()
        text = f"{_ID}{record.id}{_ID_END}{fields}{_CREATED}{created}{_UPDATED}{updated}{_END}"
        return text.encode()

    def listing(self, records: Sequence[Record], total: int | None, limit: int, offset: int) -> bytes:
        """A slice of the records as JSON."""
        counted: bytes = self._encode(total)
        return b'%b,"total":%b,"limit":%d,"offset":%d}' % (self._items(records), counted, limit, offset)

    def page(self, records: Sequence[Record], limit: int, next_cursor: str | None) -> bytes:
        """A page of the records as JSON."""
        cursor: bytes = self._encode(next_cursor)
        return b'%b,"limit":%d,"next_cursor":%b}' % (self._items(records), limit, cursor)

    def _items(self, records: Sequence[Record]) -> bytes:
        """The object that a list is, as far as its items."""
        if not self._splices or not records:
            return b'{"items":[%b]' % b",".join([self.record(record) for record in records])
        return b'{"items":[%b]' % self._spliced(records)

    def _spliced(self, records: Sequence[Record]) -> bytes:
        """Records with commas between them, from the JSON of all their values, which is made in one go."""
        lines: bytes = self._encode_lines([record.value for record in records])
        # A line break within a value is escaped, so what stands around one is the end of a value.
        values = lines[1:-2].decode().split("}\n{")
        # Joined all at once, the parts of a list take an eighth less than formatted texts.
        parts: list[str] = []
        start = _ID
        for index, record in enumerate(records):
            created, updated = _times(record)
            parts += [start, record.id, _ID_END, values[index], _CREATED, created, _UPDATED, updated, _END]
            start = _NEXT_ID
        return "".join(parts).encode()

    def _represent(self, record: Record) -> msgspec.Struct:
        values: Sequence[Any] = self._values_of(record.value)
        if self._written:
            values = self._as_written(values)
        if self._shown is not None:
            values = [values[place] for place in self._shown]
        return self._representation(record.id, *values, in_utc(record.created), in_utc(record.updated))

    def _as_written(self, values: Sequence[Any]) -> list[Any]:
        written = list(values)
        for place, write in self._written:
            value = written[place]
            if value is not None:
                written[place] = write(value)
        return written


def _times(record: Record) -> tuple[str, str]:
    """When `record` was created and last updated: mostly the same."""
    created = in_utc(record.created)
    return created, created if record.updated == record.created else in_utc(record.updated)


def _is_plain(value_type: type[msgspec.Struct]) -> bool:
    """Whether values of this type are encoded as objects of all their fields and of nothing else."""
    config = value_type.__struct_config__
    return config.tag is None and not config.array_like and not config.omit_defaults


def _representation_type(resource: Resource) -> type[msgspec.Struct]:
    """A record as clients see it: one flat object."""
    fields: list[tuple[str, Any]] = [("id", str)]
    fields += [(field.name, Any) for field in resource.fields if not field.hidden]
    fields += [("created_at", Any), ("updated_at", Any)]
    return msgspec.defstruct(f"{resource.value_type.__name__}Representation", fields, gc=False)
