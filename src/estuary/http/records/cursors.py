"""Cursors: a position as an opaque text that outlives restarts and releases."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from string import ascii_letters, digits

from estuary.core.record import Position
from estuary.http.errors import InvalidParameter

_DIGEST_BYTES = 8
_MAX_LENGTH = 256
_BASE64URL = frozenset(f"{ascii_letters}{digits}-_")
"""RFC 4648, 5."""


def encode_cursor(position: Position, resource: str) -> str:
    """`position` as an opaque text that any replica of any release can read back."""
    payload = f"{position.created_at}:{position.id}".encode()
    return urlsafe_b64encode(_digest(payload, resource) + payload).rstrip(b"=").decode()


def decode_cursor(cursor: str, resource: str) -> Position:
    """The position in `cursor`; raises `InvalidParameter` where it was altered or is another list's.

    The digest shows alteration; it is not a secret, for a cursor grants nothing that a list does not.
    """
    # base64 takes other characters too, and Python 3.15 warns of it.
    if len(cursor) > _MAX_LENGTH or not _BASE64URL.issuperset(cursor):
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
