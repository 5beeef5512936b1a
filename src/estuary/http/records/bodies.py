"""Bodies decoded: at a cost that their length bounds, whatever a client puts into them.

Numbers, lists and objects cost many times as much when they become Python's as when they are passed over,
so they become so only where a field is declared, and each field once. A body that is not JSON to its end
and one that has a wrong type are two messages of the contract: which it is shows when the value is skipped.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from estuary.core.kinds.kind import Kind
from estuary.core.nesting import nests_too_deep
from estuary.http.errors import BadRequest
from estuary.http.records.wrong_types import violations

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)
"""msgspec lets invalid UTF-8 surface as Python's own error."""

_SMALL_BYTES: Final = 512
"""What is no longer is decoded at once: in so few bytes even a field that is named again and again, each
time with a number that is hard to read, costs less than fifty usual requests."""

_pass_over: Final = msgspec.json.Decoder(msgspec.Raw).decode


class BodyDecoder:
    """Decodes bodies into `declared`, a Struct whose fields are of these `kinds`.

    Of a field that is named twice the last value counts.
    """

    def __init__(self, declared: type[msgspec.Struct], kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._decode = msgspec.json.Decoder(declared).decode
        self._take_apart = msgspec.json.Decoder(_apart_type(declared)).decode
        self._encode = msgspec.json.Encoder().encode

    def __call__(self, body: bytes) -> msgspec.Struct:
        """The content of `body`; raises `BadRequest`."""
        if nests_too_deep(body) or not is_utf8(body):
            raise _malformed()
        if len(body) <= _SMALL_BYTES:
            try:
                small: msgspec.Struct = self._decode(body)
            except msgspec.ValidationError:
                pass  # found before the rest of the body was read, or before the field came again
            except _UNREADABLE:
                raise _malformed() from None
            else:
                return small
        return self._field_by_field(body)

    def _field_by_field(self, body: bytes) -> msgspec.Struct:
        apart: Any = None
        try:
            apart = self._take_apart(body)
            decoded: msgspec.Struct = self._decode(self._encode(apart))
        except msgspec.ValidationError as error:
            # What was taken apart is JSON to its end; what is no object may not be.
            if apart is None and not _is_json(body):
                raise _malformed() from None
            raise BadRequest("Invalid JSON format", violations(str(error), self._kinds, apart)) from None
        except _UNREADABLE:
            raise _malformed() from None
        return decoded


def is_utf8(body: bytes) -> bool:
    """Whether `body` is UTF-8, as JSON is (RFC 8259, 8.1), also where a decoder passes over it."""
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _apart_type(declared: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """A Struct of the fields of `declared`, each as the bytes that it was sent as."""
    raw: Any = msgspec.Raw | msgspec.UnsetType
    names = [(name, raw, msgspec.UNSET) for name in declared.__struct_fields__]
    return msgspec.defstruct(f"{declared.__name__}Apart", names)


def _is_json(body: bytes) -> bool:
    try:
        _pass_over(body)
    except _UNREADABLE:
        return False
    return True


def _malformed() -> BadRequest:
    return BadRequest("Malformed JSON")
