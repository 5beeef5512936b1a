"""A resource's JSON: the decoders and encoders, made once at start-up."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from estuary.core.errors import BadRequest, Violation
from estuary.core.record import Record
from estuary.core.resource import Resource

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_MISSING = re.compile(r"missing required field `(?P<field>\w+)`")
_EXPECTED = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""msgspec lets invalid UTF-8 and excessive nesting surface as Python's own errors."""

_TIME = "must be a time as RFC 3339 writes it, with its offset: 2026-01-31T09:00:00Z"
_SENTENCES = {
    "Invalid RFC3339 encoded datetime": _TIME,
    "Expected `datetime` with a timezone component": _TIME,
    "Integer value out of range": "is too large a number",
    "Number out of range": "is too large a number",
}
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time",
    "null": "null",
}


class RecordCodec:
    """Decodes what clients send of a resource and encodes its records."""

    def __init__(self, resource: Resource) -> None:
        self._decode_draft = msgspec.json.Decoder(resource.draft_type).decode
        self._decode_changes = msgspec.json.Decoder(resource.changes_type).decode
        self._encode = msgspec.json.Encoder().encode
        self._representation = _representation_type(resource)
        self._listing = _listing_type(self._representation)
        self._page = _page_type(self._representation)

    def draft(self, body: bytes) -> msgspec.Struct:
        """What a create request holds; raises `BadRequest`."""
        return _decoded(self._decode_draft, body)

    def changes(self, body: bytes) -> msgspec.Struct:
        """What an update request holds; raises `BadRequest`."""
        return _decoded(self._decode_changes, body)

    def record(self, record: Record) -> bytes:
        """One record as JSON."""
        return self._encode(self._represent(record))

    def listing(self, records: Sequence[Record], total: int, limit: int, offset: int) -> bytes:
        """A slice of the records as JSON."""
        items = [self._represent(record) for record in records]
        return self._encode(self._listing(items, total, limit, offset))

    def page(self, records: Sequence[Record], limit: int, next_cursor: str | None) -> bytes:
        """A page of the records as JSON."""
        return self._encode(self._page([self._represent(record) for record in records], limit, next_cursor))

    def _represent(self, record: Record) -> msgspec.Struct:
        values = msgspec.structs.astuple(record.value)
        return self._representation(record.id, *values, record.created_at, record.updated_at)


def _representation_type(resource: Resource) -> type[msgspec.Struct]:
    """A record as clients see it: one flat object."""
    fields: list[tuple[str, Any]] = [("id", str)]
    fields += [(name, Any) for name in resource.field_names]
    fields += [("created_at", datetime), ("updated_at", datetime)]
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


def _decoded(decode: Any, body: bytes) -> msgspec.Struct:
    """`body` decoded; the two ways in which it can fail are two messages of the contract.

    A wrong type is found before what follows it is read: only a body that is JSON to its end has one.
    """
    try:
        value: msgspec.Struct = decode(body)
    except msgspec.ValidationError as error:
        if not _is_json(body):
            raise _malformed() from None
        raise BadRequest("Invalid JSON format", _violations(str(error))) from None
    except _UNREADABLE:
        raise _malformed() from None
    return value


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return True  # a number beyond all bounds
    except _UNREADABLE:
        return False
    return True


def _malformed() -> BadRequest:
    return BadRequest("Malformed JSON")


def _violations(message: str) -> tuple[Violation, ...]:
    """What msgspec says of a wrong type, in the words and with the field names clients know."""
    path = _PATH.search(message)
    field = path["path"] if path else ""
    missing = _MISSING.search(message)
    if missing:
        return (Violation(missing["field"], "is required", "required"),)
    said = message[: path.start()] if path else message
    if said in _SENTENCES:
        return (Violation(field or "body", _SENTENCES[said], "type"),)
    expected = _EXPECTED.search(said)
    if expected is None:
        return (Violation(field or "body", "has the wrong type", "type"),)
    kinds = [kind.strip() for kind in expected["expected"].split("|")]
    allowed = " or ".join(_WORDS.get(kind, kind) for kind in kinds if kind != "null")
    return (Violation(field or "body", f"must be {allowed}", "type"),)
