"""The body of a batch, decoded: its operations as they were sent.

What a client puts into it costs no more than its length: operations are counted before they are taken
apart, and paths and header fields are no longer than they may be in a head.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from estuary.core.errors import WriteRefused
from estuary.core.nesting import nests_too_deep
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.guards.head import MAX_URL_CHARACTERS
from estuary.http.records.bodies import is_utf8
from estuary.http.records.query_string import hint, shortened

OPERATIONS: Final = "operations"
MEMBERS: Final = ("method", "path", "headers", "body")
MAX_HEADERS_BYTES: Final = 16 * 1024
_TYPES: Final = {"str": "a text", "array": "a list", "object": "an object"}
_UNKNOWN: Final = "Object contains unknown field `"

_MISSING: Final = r"Object missing required field `(\w+)`"
_WRONG: Final = r"Expected `(\w+).*`, got `\w+`(?: - at `\$\.(\w+)(?:\[\.\.\.\])?`)?"


class SentOperation(msgspec.Struct, forbid_unknown_fields=True):
    """One operation; `headers` are an object of which nothing is known yet."""

    method: str
    path: str
    headers: msgspec.Raw = msgspec.Raw(b"{}")
    body: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    operations: list[msgspec.Raw]


_decode_batch: Final = msgspec.json.Decoder(_Batch).decode
_decode_operation: Final = msgspec.json.Decoder(SentOperation).decode
_decode_headers: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode


def sent_operations(body: bytes, most: int) -> Iterator[SentOperation]:
    """The operations that `body` holds, at most so many; raises `BadRequest`, `WriteRefused` for one.

    Each is decoded when it is due: what is wrong with an earlier one is reported first.
    """
    if nests_too_deep(body) or not is_utf8(body):
        raise BadRequest("Malformed JSON")
    try:
        operations = _decode_batch(body).operations
    except msgspec.ValidationError as error:
        raise _misshapen(str(error), (OPERATIONS,)) from None
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None
    if not operations:
        raise InvalidParameter(OPERATIONS, "Must have at least one")
    if len(operations) > most:
        raise InvalidParameter(OPERATIONS, f"Must be at most {most}")
    for index, raw in enumerate(operations):
        yield _operation(index, raw)


def sent_headers(name: str, operation: SentOperation) -> Iterator[tuple[str, str, str]]:
    """The header fields of an operation: for each its place in errors, its name, its value.

    `name` stands for all of them. Raises `InvalidParameter`.
    """
    if len(memoryview(operation.headers)) > MAX_HEADERS_BYTES:
        raise InvalidParameter(name, f"Must be at most {MAX_HEADERS_BYTES} bytes")
    try:
        fields = _decode_headers(operation.headers)
    except msgspec.ValidationError:
        raise InvalidParameter(name, "Must be an object") from None
    for field, raw in fields.items():
        named = f"{name}.{shortened(field)}"
        try:
            value = _decode_text(raw)
        except msgspec.ValidationError:
            raise InvalidParameter(named, "Must be a text") from None
        yield named, field, value.strip(" \t")


def _operation(index: int, raw: msgspec.Raw) -> SentOperation:
    name = f"{OPERATIONS}[{index}]"
    try:
        operation = _decode_operation(raw)
    except msgspec.ValidationError as error:
        raise WriteRefused(index, _misshapen(str(error), MEMBERS, name)) from None
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None
    if len(operation.path) > MAX_URL_CHARACTERS:
        refusal = InvalidParameter(f"{name}.path", f"Must be at most {MAX_URL_CHARACTERS} characters")
        raise WriteRefused(index, refusal)
    return operation


def _misshapen(message: str, known: tuple[str, ...], name: str = "") -> InvalidParameter:
    """What msgspec's `message` says of an object that has the `known` members, in words clients know."""
    within = f"{name}." if name else ""
    if (missing := re.fullmatch(_MISSING, message)) is not None:
        return InvalidParameter(within + missing[1], "Is required")
    if message.startswith(_UNKNOWN):
        strange = shortened(message.removeprefix(_UNKNOWN).removesuffix("`"))
        return InvalidParameter(within + strange, f"Member is unknown; {hint(strange, known)}")
    if (wrong := re.fullmatch(_WRONG, message)) is not None:
        member = f"{within}{wrong[2]}" if wrong[2] else name or "body"
        return InvalidParameter(member, f"Must be {_TYPES.get(wrong[1], 'of another type')}")
    return InvalidParameter(name or OPERATIONS, "Must be as the document has it")
