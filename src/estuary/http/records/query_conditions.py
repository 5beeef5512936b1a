"""The conditions in a query's body: comparisons, and `and`, `or`, `not`."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.number import BEYOND, Number
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator
from estuary.http.errors import InvalidParameter
from estuary.http.records.json_parts import MAX_NUMBER_CHARACTERS, Members, entries_of, members_of
from estuary.http.records.list_request import (
    MAX_COMPARISONS,
    MAX_VALUES,
    filtered_with,
    operators_of,
    refused,
)
from estuary.http.records.query_string import shortened, unknown_field

WHERE: Final = "where"
LOGIC: Final = ("and", "or", "not")
MAX_DEPTH: Final = 5
TOO_DEEP: Final = f"At most {MAX_DEPTH} of and, or, not may be nested"

_NUMERIC: Final = b"-0123456789"
"""What a number in JSON begins with."""

_decode_scalar: Final = msgspec.json.Decoder(str | int | float | bool | None).decode


class QueryConditions:
    """Reads the conditions of one query, and ends where there are too many of them."""

    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self._attributes = attributes
        self._left = MAX_COMPARISONS

    def read(self, raw: msgspec.Raw) -> tuple[Condition, ...]:
        """All that `raw` holds; nothing is no condition."""
        return tuple(self._all(members_of(raw, WHERE), 0))

    def _all(self, members: Members, depth: int) -> Iterator[Condition]:
        """The conditions in an object, all of which have to hold."""
        for name, raw in members.items():
            if name in LOGIC:
                yield self._combined(name, raw, depth + 1)
            elif name in self._attributes:
                yield from self._compared(self._attributes[name], raw)
            else:
                raise unknown_field(WHERE, name, [*self._attributes, *LOGIC])

    def _combined(self, name: str, raw: msgspec.Raw, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidParameter(name, TOO_DEEP)
        if name == "not":
            return Not(self._one(raw, name, depth))
        entries = entries_of(raw, name)
        if not entries:
            raise InvalidParameter(name, "Must have at least one condition")
        inner = tuple([self._one(each, name, depth) for each in entries])
        return AllOf(inner) if name == "and" else AnyOf(inner)

    def _one(self, raw: msgspec.Raw, name: str, depth: int) -> Condition:
        """The condition that an object is; one without any would mean everything."""
        found = tuple(self._all(members_of(raw, name), depth))
        if not found:
            raise InvalidParameter(name, "Must have a condition in each object")
        return found[0] if len(found) == 1 else AllOf(found)

    def _compared(self, attribute: Attribute, raw: msgspec.Raw) -> Iterator[Comparison]:
        """The comparisons of one attribute, by operator."""
        usable = operators_of(attribute)
        members = members_of(raw, attribute.name, f'an object such as {{"{usable[0]}": …}}')
        if not members:
            raise InvalidParameter(attribute.name, f"Must have one of {', '.join(usable)}")
        for operator, raw in members.items():
            name = shortened(f"{attribute.name}.{operator}")
            if operator not in usable:
                raise InvalidParameter(name, filtered_with(attribute, usable))
            self._left -= 1
            if self._left < 0:
                raise InvalidParameter(WHERE, f"At most {MAX_COMPARISONS} comparisons are taken")
            yield _comparison(name, attribute, Operator(operator), raw)


def _comparison(name: str, attribute: Attribute, operator: Operator, raw: msgspec.Raw) -> Comparison:
    try:
        if operator is not Operator.IN:
            return attribute.comparison(operator, _scalar(attribute, raw))
        values = entries_of(raw, name)
        if len(values) > MAX_VALUES:
            raise InvalidParameter(name, f"At most {MAX_VALUES} values are taken")
        return attribute.comparison(operator, [_scalar(attribute, value) for value in values])
    except Broken as broken:
        raise refused(name, attribute, broken) from None


def _scalar(attribute: Attribute, raw: msgspec.Raw) -> str | int | float | bool | None:
    """The one value that `raw` is; raises `Broken`."""
    kind = attribute.kind.entry or attribute.kind
    view = memoryview(raw)
    if view[0] in b"[{":
        raise kind.mistyped()
    if view[0] not in b'"' and len(view) > MAX_NUMBER_CHARACTERS:
        raise _beyond(kind)
    if kind.unquoted and view[0] in _NUMERIC:
        # The digits as they are written: nothing is lost on the way through a double, and it means what it
        # means in a URL.
        return str(view, "ascii")
    try:
        scalar: str | int | float | bool | None = _decode_scalar(raw)
    except msgspec.DecodeError:
        raise _beyond(kind) from None
    return scalar


def _beyond(kind: Kind) -> Broken:
    """The error for a number that no double can hold."""
    return Broken(BEYOND, "range") if isinstance(kind, Number) else kind.mistyped()
