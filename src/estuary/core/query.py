"""What a list request asks for: a slice by offset or a page by cursor, parsed and validated."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import blake2b
from string import ascii_letters, digits

import msgspec

from estuary.core.errors import BadRequest, InvalidParameter
from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.record import Position

MIN_LIMIT, MAX_LIMIT, DEFAULT_LIMIT = 1, 100, 20
MAX_OFFSET = MAX_SAFE_INTEGER

_DIGEST_BYTES = 8
_MAX_DIGITS = 19
_MAX_CURSOR_LENGTH = 256
_BASE64URL = frozenset(f"{ascii_letters}{digits}-_")
"""RFC 4648, 5."""


class Slice(msgspec.Struct, frozen=True):
    """Records `offset` to `offset + limit` of the whole order."""

    limit: int = DEFAULT_LIMIT
    offset: int = 0


class Page(msgspec.Struct, frozen=True):
    """The `limit` records after a position; from the start where it is None."""

    limit: int = DEFAULT_LIMIT
    after: Position | None = None


def parse(parameters: Mapping[str, str], resource: str) -> Slice | Page:
    """What the query parameters of a list of `resource` ask for.

    `limit` and `offset` make a slice, `cursor` (empty for the first page) makes a page.
    Raises `InvalidParameter` naming the parameter, `BadRequest` for cursor and offset together.
    """
    limit = _whole_number(
        parameters, "limit", DEFAULT_LIMIT, MIN_LIMIT, MAX_LIMIT, "Limit must be between 1 and 100"
    )
    cursor = parameters.get("cursor")
    if cursor is None:
        offset = _whole_number(
            parameters, "offset", 0, 0, MAX_OFFSET, f"Offset must be between 0 and {MAX_OFFSET}"
        )
        return Slice(limit, offset)
    if "offset" in parameters:
        raise BadRequest("cursor: Cursor and offset cannot be used together")
    return Page(limit, decode_cursor(cursor, resource) if cursor else None)


def encode_cursor(position: Position, resource: str) -> str:
    """`position` as an opaque text that any replica of any release can read back."""
    payload = f"{position.created_at}:{position.id}".encode()
    return urlsafe_b64encode(_digest(payload, resource) + payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, resource: str) -> Position:
    """The position in `cursor`; raises `InvalidParameter` where it was altered or is another list's.

    The digest shows alteration; it is not a secret, for a cursor grants nothing that a list does not.
    """
    # base64 takes other characters too, and Python 3.15 warns of it.
    if len(cursor) > _MAX_CURSOR_LENGTH or not _BASE64URL.issuperset(cursor):
        raise _foreign_cursor()
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        created_at, _, record_id = raw[_DIGEST_BYTES:].decode().partition(":")
        position = Position(int(created_at), record_id)
    except (ValueError, binascii.Error):
        raise _foreign_cursor() from None
    # This compares the digest, and refuses whatever base64 or int() would have forgiven.
    if encode_cursor(position, resource) != cursor:
        raise _foreign_cursor()
    return position


def _foreign_cursor() -> InvalidParameter:
    return InvalidParameter("cursor", "Cursor is not one that Estuary issued")


def _digest(payload: bytes, resource: str) -> bytes:
    return blake2b(payload, digest_size=_DIGEST_BYTES, key=resource.encode()).digest()


def _whole_number(
    parameters: Mapping[str, str], name: str, default: int, low: int, high: int, message: str
) -> int:
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise InvalidParameter(name, message)
    number = int(text)
    if not low <= number <= high:
        raise InvalidParameter(name, message)
    return number
