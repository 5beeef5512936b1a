"""Cursors: a position as an opaque text that outlives restarts and releases."""

import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from estuary.core.errors import QueryUnsupported
from estuary.core.kinds.kind import Broken
from estuary.core.kinds.metadata import METADATA
from estuary.core.moments import from_microseconds, to_microseconds
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, SortKey
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.core.resource import Resource
from estuary.http.errors import InvalidParameter

MAX_LENGTH: Final = 2048
_DIGEST_BYTES = 8
_is_base64url: Final = re.compile(r"[A-Za-z0-9_-]*").fullmatch
"""RFC 4648, 5."""
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_BY_DEFAULT: Final = (SortKey("created_at"),)

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[str | int | float | bool | None]).decode


class _List:
    """Which list a cursor belongs to, and the key that follows from that."""

    __slots__ = ("key", "owner", "sort", "where")

    def __init__(
        self, where: Sequence[Condition], sort: Sequence[SortKey], owner: str | None, key: bytes
    ) -> None:
        self.where: Final = where
        self.sort: Final = sort
        self.owner: Final = owner
        self.key: Final = key


class Cursors:
    """Writes and reads the cursors of a resource's lists.

    One of a list without conditions, in default order, has its own form, which older releases know.
    Any other holds the values of the sort keys, and a digest of the query that they belong to.
    """

    def __init__(self, resource: Resource) -> None:
        self._resource = resource.name
        self._attributes = resource.attributes
        self._exact = frozenset(
            name for name, each in resource.attributes.items() if each.kind.written is not None
        ) - frozenset(METADATA)
        """Fields whose values are not read as msgspec writes them."""
        self._last = _List((), (), None, b"")

    def encode(self, position: Position | SortedPosition, query: ListQuery) -> str:
        """`position` in the order of `query`; raises `QueryUnsupported` where its values are too long."""
        if isinstance(position, Position):
            if not query.where:
                return encode_cursor(position, self._resource)
            values: tuple[Any, ...] = (from_microseconds(position.created_at),)
        else:
            values = position.values
            if not self._exact.isdisjoint([key.field for key in query.sort]):
                values = tuple(map(self._spelled, query.sort, values))
        payload = _encode([*values, position.id])
        cursor = _text(payload, self._key(query.where, query.sort, query.owner))
        if len(cursor) > MAX_LENGTH:
            raise QueryUnsupported(
                "sort: The values of a record are too long for a cursor; page by offset, or sort by less"
            )
        return cursor

    def _spelled(self, key: SortKey, value: Any) -> Any:
        """The form of a value in JSON."""
        write = self._attributes[key.field].kind.written
        return value if value is None or write is None else write(value)

    def decode(
        self, cursor: str, where: Sequence[Condition], sort: Sequence[SortKey], owner: str | None
    ) -> Position | SortedPosition:
        """The position in `cursor`; raises `InvalidParameter` where it was altered or is another list's."""
        if not where and not sort:
            return decode_cursor(cursor, self._resource)
        payload = _raw(cursor)[_DIGEST_BYTES:]
        if _text(payload, self._key(where, sort, owner)) != cursor:
            raise _foreign_cursor()
        try:
            *values, record_id = _decode(payload)
            keys = [self._attributes[key.field] for key in sort or _BY_DEFAULT]
            position = SortedPosition(
                tuple([_value(key, value) for key, value in zip(keys, values, strict=True)]),
                self._attributes["id"].kind.comparand(record_id),
            )
        except (msgspec.DecodeError, ValueError, Broken):
            raise _foreign_cursor() from None
        return position if sort else Position(to_microseconds(position.values[0]), position.id)

    def _key(self, where: Sequence[Condition], sort: Sequence[SortKey], owner: str | None) -> bytes:
        """What a cursor's digest is keyed with: all that says which list it belongs to, and whose.

        The cursor that a query goes on from is mostly followed by the one that its answer leads to.
        """
        last = self._last
        if where is last.where and sort is last.sort and owner == last.owner and last.key:
            return last.key
        key = self._made_key(where, sort, owner)
        self._last = _List(where, sort, owner, key)
        return key

    def _made_key(self, where: Sequence[Condition], sort: Sequence[SortKey], owner: str | None) -> bytes:
        bound = [self._resource, [[*key] for key in sort], [_spelled(each) for each in where], owner]
        return blake2b(_encode(bound)).digest()


def _spelled(condition: Condition) -> Any:
    """`condition` as JSON that is the same in every process."""
    match condition:
        case Comparison(field, operator, value):
            return [field, operator.value, value]
        case AllOf(inner):
            return {"and": [_spelled(each) for each in inner]}
        case AnyOf(inner):
            return {"or": [_spelled(each) for each in inner]}
        case Not(inner):
            return {"not": _spelled(inner)}


def _value(key: Attribute, value: Any) -> Any:
    """A cursor's value of one sort key, read as a filter's value is."""
    if value is None and key.optional:
        return None
    return key.kind.comparand(value)


def encode_cursor(position: Position, resource: str) -> str:
    """`position` as an opaque text that any replica of any release can read back."""
    return _text(f"{position.created_at}:{position.id}".encode(), resource.encode())


def decode_cursor(cursor: str, resource: str) -> Position:
    """The position in `cursor`; raises `InvalidParameter` where it was altered or is another list's.

    The digest shows alteration; it is not a secret, for a cursor grants nothing that a list does not.
    """
    try:
        created_at, _, record_id = _raw(cursor)[_DIGEST_BYTES:].decode().partition(":")
        position = Position(int(created_at), record_id)
    except ValueError:
        raise _foreign_cursor() from None
    # This compares the digest, and refuses whatever base64 or int() would have forgiven.
    # No id holds U+0000, which PostgreSQL does not take for one.
    if encode_cursor(position, resource) != cursor or "\0" in record_id:
        raise _foreign_cursor()
    return position


def _raw(cursor: str) -> bytes:
    # base64 takes other characters too, and Python 3.15 warns of it.
    if len(cursor) > MAX_LENGTH or not _is_base64url(cursor):
        raise _foreign_cursor()
    try:
        return a2b_base64(cursor.encode().translate(_FROM_URL) + b"=" * (-len(cursor) % 4))
    except Error:
        raise _foreign_cursor() from None


def _foreign_cursor() -> InvalidParameter:
    return InvalidParameter(
        "cursor", "Cursor must be the next_cursor of a list with the same conditions and sort"
    )


def _text(payload: bytes, key: bytes) -> str:
    digest = blake2b(payload, digest_size=_DIGEST_BYTES, key=key).digest()
    return b2a_base64(digest + payload, newline=False).translate(_TO_URL).rstrip(b"=").decode()
