"""The body of a query (RFC 10008): conditions with `and`, `or`, `not`, and all that a URL can say.

What a client puts into it costs no more than its length: it is taken apart level by level, and only values
that stand where values are due become Python's.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.number import BEYOND, Number
from estuary.core.nesting import nests_too_deep
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator
from estuary.core.queries.query import DEFAULT_LIMIT
from estuary.core.resource import Resource
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.bodies import is_utf8
from estuary.http.records.expansion import EXPAND
from estuary.http.records.list_request import (
    MAX_COMPARISONS,
    MAX_VALUES,
    OWNER,
    ListRequest,
    ListRequests,
    Paging,
    filtered_with,
    in_range,
    label,
    operators_of,
    owner_named,
    refused,
)
from estuary.http.records.query_string import told, unknown, unknown_field

MEMBERS: Final = ("where", "sort", "fields", "limit", "offset", "cursor", "count")
LOGIC: Final = ("and", "or", "not")
MAX_DEPTH: Final = 5
_TOO_DEEP: Final = f"At most {MAX_DEPTH} of and, or, not may be nested"
_WHERE: Final = "where"
_MAX_NUMBER_CHARACTERS: Final = 400
"""More than any number that is meant needs; reading longer ones is expensive."""

_MAX_PARTS: Final = 20_000
"""Names and values in a body, counted by the commas between them, those in texts included: four times what
any query that is taken needs, and few enough that taking them apart costs milliseconds."""
_Members = Mapping[str, msgspec.Raw]
_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_entries: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_texts: Final = msgspec.json.Decoder(list[str]).decode
_decode_text: Final = msgspec.json.Decoder(str).decode
_decode_number: Final = msgspec.json.Decoder(int | float).decode
_decode_scalar: Final = msgspec.json.Decoder(str | int | float | bool | None).decode
_encode: Final = msgspec.json.Encoder().encode


class QueryBodies:
    """Reads the bodies of queries for the lists of one resource."""

    def __init__(self, resource: Resource, requests: ListRequests) -> None:
        self._attributes = resource.attributes
        self._requests = requests
        self._members = (*MEMBERS, EXPAND) if requests.expansions.names else MEMBERS

    def read(self, body: bytes, owner: str | None = None, *, names_owner: bool = False) -> ListRequest:
        """What `body` asks for of the records of `owner`, or of all; raises `BadRequest`.

        Who `names_owner` may ask for those of one of all owners.
        """
        members = _query(body, (*self._members, OWNER) if names_owner and owner is None else self._members)
        where: tuple[Condition, ...] = ()
        if _WHERE in members:
            where = _Conditions(self._attributes).read(members[_WHERE])
        sort = self._requests.sort(_names(members, "sort")) if "sort" in members else ()
        projection = None
        if "fields" in members:
            projection = self._requests.projections.of_names(_names(members, "fields"))
        paging = Paging(
            _whole_number(members, "limit") or DEFAULT_LIMIT,
            _whole_number(members, "offset"),
            _text(members, "cursor"),
            _text(members, "count"),
        )
        named = owner_named(_text(members, OWNER))
        expansion = None
        if EXPAND in members:
            expansion = self._requests.expansions.of_names(_names(members, EXPAND))
        query = self._requests.query(where, sort, paging, named or owner)
        return ListRequest(query, projection, expansion=expansion)


class _Conditions:
    """Reads the conditions of one query, and ends where there are too many of them."""

    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self._attributes = attributes
        self._left = MAX_COMPARISONS

    def read(self, raw: msgspec.Raw) -> tuple[Condition, ...]:
        """All that `raw` holds; nothing is no condition."""
        return tuple(self._all(_object(raw, _WHERE), 0))

    def _all(self, members: _Members, depth: int) -> Iterator[Condition]:
        """The conditions in an object, all of which have to hold."""
        for name, raw in members.items():
            if name in LOGIC:
                yield self._combined(name, raw, depth + 1)
            elif name in self._attributes:
                yield from self._compared(self._attributes[name], raw)
            else:
                raise unknown_field(_WHERE, name, [*self._attributes, *LOGIC])

    def _combined(self, name: str, raw: msgspec.Raw, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidParameter(name, _TOO_DEEP)
        if name == "not":
            return Not(self._one(raw, name, depth))
        entries = _list(raw, name)
        if not entries:
            raise InvalidParameter(name, "Must have at least one condition")
        inner = tuple([self._one(each, name, depth) for each in entries])
        return AllOf(inner) if name == "and" else AnyOf(inner)

    def _one(self, raw: msgspec.Raw, name: str, depth: int) -> Condition:
        """The condition that an object is; one without any would mean everything."""
        found = tuple(self._all(_object(raw, name), depth))
        if not found:
            raise InvalidParameter(name, "Must have a condition in each object")
        return found[0] if len(found) == 1 else AllOf(found)

    def _compared(self, attribute: Attribute, raw: msgspec.Raw) -> Iterator[Comparison]:
        """The comparisons of one attribute, by operator."""
        usable = operators_of(attribute)
        members = _object(raw, attribute.name, f'an object such as {{"{usable[0]}": …}}')
        if not members:
            raise InvalidParameter(attribute.name, f"Must have one of {', '.join(usable)}")
        for operator, raw in members.items():
            name = told(f"{attribute.name}.{operator}")
            if operator not in usable:
                raise InvalidParameter(name, filtered_with(attribute, usable))
            self._left -= 1
            if self._left < 0:
                raise InvalidParameter(_WHERE, f"At most {MAX_COMPARISONS} comparisons are taken")
            yield _comparison(name, attribute, Operator(operator), raw)


def _comparison(name: str, attribute: Attribute, operator: Operator, raw: msgspec.Raw) -> Comparison:
    try:
        if operator is not Operator.IN:
            return attribute.comparison(operator, _scalar(attribute, raw))
        values = _list(raw, name)
        if len(values) > MAX_VALUES:
            raise InvalidParameter(name, f"At most {MAX_VALUES} values are taken")
        return attribute.comparison(operator, [_scalar(attribute, value) for value in values])
    except Broken as broken:
        raise refused(name, attribute, broken) from None


def _query(body: bytes, known: Sequence[str]) -> _Members:
    """The members of the whole body, all `known`; raises `BadRequest` for what is not JSON, or no query."""
    if nests_too_deep(body):
        raise InvalidParameter("body", _TOO_DEEP)
    if not is_utf8(body):
        raise BadRequest("Malformed JSON")
    try:
        # Without white space, what stands in an object can be told from what was understood of it.
        compact = msgspec.json.format(body, indent=-1)
    except msgspec.DecodeError:
        raise BadRequest("Malformed JSON") from None
    if compact.count(b",") > _MAX_PARTS:
        raise InvalidParameter("body", f"Must not have more than {_MAX_PARTS} names and values")
    members = _object(msgspec.Raw(compact), "body")
    for name in members:
        if name not in known:
            raise unknown(name, known)
    return members


def _scalar(attribute: Attribute, raw: msgspec.Raw) -> str | int | float | bool | None:
    """The one value that `raw` is; raises `Broken`."""
    kind = attribute.kind.entry or attribute.kind
    view = memoryview(raw)
    if view[0] in b"[{":
        raise kind.mistyped()
    if view[0] not in b'"' and len(view) > _MAX_NUMBER_CHARACTERS:
        raise _beyond(kind)
    try:
        scalar: str | int | float | bool | None = _decode_scalar(raw)
    except msgspec.DecodeError:
        raise _beyond(kind) from None
    return scalar


def _beyond(kind: Kind) -> Broken:
    """What is said of a number that no double can hold."""
    return Broken(BEYOND, "range") if isinstance(kind, Number) else kind.mistyped()


def _object(raw: msgspec.Raw, name: str, form: str = "an object") -> _Members:
    """The members of an object; one that is named twice is refused, for it may mean either."""
    view = memoryview(raw)
    if view[0] not in b"{":
        raise InvalidParameter(name, f"Must be {form}")
    members = _decode_members(raw)
    if len(_encode(members)) != len(view):
        raise InvalidParameter(name, "Must have each name once, without escapes")
    return members


def _list(raw: msgspec.Raw, name: str) -> list[msgspec.Raw]:
    if memoryview(raw)[0] not in b"[":
        raise InvalidParameter(name, "Must be a list")
    return _decode_entries(raw)


def _names(members: _Members, name: str) -> list[str]:
    try:
        names = _decode_texts(members[name])
    except msgspec.DecodeError:
        names = []
    if not names:
        raise InvalidParameter(name, f"{label(name)} must be a list of field names")
    return names


def _text(members: _Members, name: str) -> str | None:
    if name not in members:
        return None
    try:
        return _decode_text(members[name])
    except msgspec.DecodeError:
        raise InvalidParameter(name, f"{label(name)} must be a text") from None


def _whole_number(members: _Members, name: str) -> int | None:
    """The number that is sent as `name`: JSON knows numbers alone, and 5.0 is as whole as 5."""
    if name not in members:
        return None
    number: int | float | None = None
    if len(memoryview(members[name])) <= _MAX_NUMBER_CHARACTERS:
        with suppress(msgspec.DecodeError):
            number = _decode_number(members[name])
    return in_range(name, None if number is None or number != int(number) else int(number))
