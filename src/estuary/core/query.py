"""List queries: what a request asks for as one value, parsed and validated, and what comes of it."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from string import ascii_letters, digits

import msgspec

from estuary.core.errors import BadRequest, InvalidParameter
from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.record import Position, Record

MIN_LIMIT, MAX_LIMIT, DEFAULT_LIMIT = 1, 100, 20
MAX_OFFSET = MAX_SAFE_INTEGER

_DIGEST_BYTES = 8
_MAX_DIGITS = 19
_MAX_CURSOR_LENGTH = 256
_BASE64URL = frozenset(f"{ascii_letters}{digits}-_")
"""RFC 4648, 5."""


class ListQuery(msgspec.Struct, frozen=True):
    """What is asked of a list: which of whose records, how many, and whether they are counted.

    By offset where `offset` is a number; by cursor where it is None: the records after a position, or from
    the first on. One value for the whole way to the store, whose statements are made for its form.
    """

    limit: int = DEFAULT_LIMIT
    offset: int | None = 0
    after: Position | None = None
    counted: bool = True
    owner: str | None = None


class ListResult(msgspec.Struct, frozen=True):
    """What a list query gives: records, the number of all where it was asked for, and what comes behind.

    `following` is the position to go on from, by cursor; None after the last record.
    """

    records: Sequence[Record]
    total: int | None = None
    following: Position | None = None


def by_cursor(limit: int, after: Position | None = None, owner: str | None = None) -> ListQuery:
    """The `limit` records after a position, or from the first on."""
    return ListQuery(limit, None, after, counted=False, owner=owner)


def parse(parameters: Mapping[str, str], resource: str, owner: str | None = None) -> ListQuery:
    """What the query parameters of a list of `resource` ask for, of the records of `owner` or of all.

    `limit` and `offset` ask by offset, `cursor` (empty for the first page) by cursor.
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
        return ListQuery(limit, offset, owner=owner)
    if "offset" in parameters:
        raise BadRequest("cursor: Cursor and offset cannot be used together")
    return by_cursor(limit, decode_cursor(cursor, resource) if cursor else None, owner)


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
