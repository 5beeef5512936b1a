"""A resource's JSON: the decoders and encoders, made once at start-up."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import astuple

from estuary.core.moments import in_six_digits
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.http.records.bodies import BodyDecoder


class RecordCodec:
    """Decodes what clients send of a resource and encodes its records."""

    def __init__(self, resource: Resource) -> None:
        kinds = {field.name: field.kind for field in resource.fields}
        self.draft = BodyDecoder(resource.draft_type, kinds)
        """What a create request holds; raises `BadRequest`."""
        self.changes = BodyDecoder(resource.changes_type, kinds)
        """What an update request holds; raises `BadRequest`."""
        encoder = msgspec.json.Encoder()
        self._encode = encoder.encode
        self._encode_into = encoder.encode_into
        self._buffer = bytearray()
        """Of the length of the last record: mostly the next one fits without asking for memory again."""
        self._written = [
            (place, write)
            for place, kind in enumerate(kinds.values())
            if (write := kind.written) is not None
        ]
        shown = [place for place, field in enumerate(resource.fields) if not field.hidden]
        self._shown = shown if len(shown) < len(resource.fields) else None
        """Where the fields are that clients see; None where they see all of them."""
        self._values_of: Callable[[msgspec.Struct], tuple[Any, ...]] = astuple
        self._representation = _representation_type(resource)
        self._listing = _listing_type(self._representation)
        self._page = _page_type(self._representation)

    def record(self, record: Record) -> bytes:
        """One record as JSON."""
        buffer = self._buffer
        self._encode_into(self._represent(record), buffer)
        return bytes(buffer)

    def listing(self, records: Sequence[Record], total: int | None, limit: int, offset: int) -> bytes:
        """A slice of the records as JSON."""
        items = [self._represent(record) for record in records]
        return self._encode(self._listing(items, total, limit, offset))

    def page(self, records: Sequence[Record], limit: int, next_cursor: str | None) -> bytes:
        """A page of the records as JSON."""
        return self._encode(self._page([self._represent(record) for record in records], limit, next_cursor))

    def _represent(self, record: Record) -> msgspec.Struct:
        values: Sequence[Any] = self._values_of(record.value)
        if self._written:
            values = self._as_written(values)
        if self._shown is not None:
            values = [values[place] for place in self._shown]
        created = in_six_digits(record.created_at)
        unchanged = record.updated_at is record.created_at
        updated = created if unchanged else in_six_digits(record.updated_at)
        return self._representation(record.id, *values, created, updated)

    def _as_written(self, values: Sequence[Any]) -> list[Any]:
        written = list(values)
        for place, write in self._written:
            value = written[place]
            if value is not None:
                written[place] = write(value)
        return written


def _representation_type(resource: Resource) -> type[msgspec.Struct]:
    """A record as clients see it: one flat object."""
    fields: list[tuple[str, Any]] = [("id", str)]
    fields += [(field.name, Any) for field in resource.fields if not field.hidden]
    fields += [("created_at", Any), ("updated_at", Any)]
    return msgspec.defstruct(f"{resource.value_type.__name__}Representation", fields, gc=False)


def _listing_type(representation: type[msgspec.Struct]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any]] = [
        ("items", list[representation]),  # type: ignore[valid-type]  # made at run time
        ("total", int),
        ("limit", int),
        ("offset", int),
    ]
    return msgspec.defstruct("Listing", fields)


def _page_type(representation: type[msgspec.Struct]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any]] = [
        ("items", list[representation]),  # type: ignore[valid-type]  # made at run time
        ("limit", int),
        ("next_cursor", str | None),
    ]
    return msgspec.defstruct("Page", fields)
