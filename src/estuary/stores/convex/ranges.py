"""Ranges of an index: where in it the records are that a list query asks for.

A range in Convex is one value of each of an index's first fields, and then bounds of the next field. What
lies behind a cursor in the order of several fields is as many ranges, one after the other: first what has
all values but the last in common with the cursor's position, in the end what has none.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final

import msgspec

from estuary.core.kinds.kind import Kind
from estuary.core.queries.conditions import Comparison, Condition, Operator, flattened
from estuary.core.queries.indexes import POSITION, Demand, IndexDefinition
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.stores.convex.documents import kept, position
from estuary.stores.convex.indexes import OWNER, name_of, path_of

_POSITION_PATH: Final = "position"
_NO_ID, _ANY_ID = "/", "0"
"""Behind a creation time: the text lies before all positions of that time, or behind all of them."""


class Edge(msgspec.Struct, frozen=True):
    """Where a range begins or ends; an `open` one leaves the value itself out."""

    value: Any
    open: bool


class Range(msgspec.Struct, frozen=True):
    """A range of an index as an argument of `convex/select.ts`; what is at `path` has bounds."""

    index: str
    equal: Sequence[tuple[str, Any]]
    path: str
    low: Edge | None = None
    high: Edge | None = None


class Ranges:
    """The ranges of the indexes of one resource, whose attributes have these kinds."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def of(self, query: ListQuery, demand: Demand, index: IndexDefinition) -> Sequence[Range]:
        """The ranges of `index` in which all lies that `query` asks for, in the order of the query.

        `index` has that order, or its reverse. Where no record can meet the conditions there is no range.
        """
        fixed = self._fixed(query.where)
        if fixed is None:
            return []
        if index == POSITION:
            return [self._of_positions(query, demand, fixed)]
        return list(self._of_fields(query, demand, index, fixed))

    def place(self, query: ListQuery) -> Mapping[str, Any]:
        """The values of a document at the position from which `query` goes on; empty where it has none."""
        if query.after is None:
            return {}
        if not isinstance(query.after, SortedPosition):
            created_at, _, record_id = position(query.after).partition("/")
            return {"created_at": created_at, "id": record_id}
        asked = zip(query.sort, query.after.values, strict=True)
        return {**{key.field: self._kept(key.field, value) for key, value in asked}, "id": query.after.id}

    def _of_fields(
        self, query: ListQuery, demand: Demand, index: IndexDefinition, fixed: Mapping[str, Any]
    ) -> Iterator[Range]:
        keys = index.keys[len(demand.fixed) :]
        low, high = self._bounds(query.where, keys[0].field)
        if query.after is None:
            yield _range(index, query.owner, fixed, keys[0].field, low, high)
            return
        values = {**self.place(query), **fixed}
        for key in reversed(keys):
            least, most = (low, high) if key == keys[0] else (None, None)
            edge = Edge(values[key.field], open=True)
            if keys == demand.order:
                yield _range(index, query.owner, values, key.field, edge, most)
            elif edge.value is not None:  # nothing lies before null
                yield _range(index, query.owner, values, key.field, least, edge)

    def _of_positions(self, query: ListQuery, demand: Demand, fixed: Mapping[str, Any]) -> Range:
        """The one range of positions, which are texts: a creation time, a slash, and an id."""
        low, high = self._bounds(query.where, "created_at")
        if "created_at" in fixed:
            low = high = Edge(fixed["created_at"], open=False)
        first = last = None
        if low is not None and low.value is not None:
            first = Edge(f"{low.value}{_ANY_ID if low.open else _NO_ID}", open=False)
        if high is not None:
            last = Edge(f"{high.value}{_NO_ID if high.open else _ANY_ID}", open=True)
        if query.after is not None:
            place = {**fixed, **self.place(query)}
            edge = Edge(f"{place['created_at']}/{place['id']}", open=True)
            first, last = (first, edge) if demand.order[0].descending else (edge, last)
        equal = _owner(query.owner)
        return Range(name_of(POSITION, owned=bool(equal)), equal, _POSITION_PATH, first, last)

    def _bounds(self, where: Sequence[Condition], field: str) -> tuple[Edge | None, Edge | None]:
        """The edges of the values of a field that can meet `where`."""
        lows, highs, nullable = [], [], True
        for condition in flattened(where):
            match condition:
                case Comparison(name, Operator.GT | Operator.GTE as operator, value) if name == field:
                    lows.append(Edge(value, operator is Operator.GT))
                case Comparison(name, Operator.LT | Operator.LTE as operator, value) if name == field:
                    highs.append(Edge(value, operator is Operator.LT))
                    nullable = False
                case Comparison(name, Operator.NULL, False) if name == field:
                    nullable = False
        low = max(lows, key=lambda edge: (edge.value, edge.open), default=None)
        high = min(highs, key=lambda edge: (edge.value, not edge.open), default=None)
        # Null lies before every value.
        low = low if low is not None or nullable else Edge(None, open=True)
        return self._edge(field, low), self._edge(field, high)

    def _fixed(self, where: Sequence[Condition]) -> Mapping[str, Any] | None:
        """The values that fields have to equal, as documents hold them; None where one has two."""
        fixed: dict[str, Any] = {}
        for condition in flattened(where):
            if isinstance(condition, Comparison):
                for value in _equals(condition):
                    kept_value = self._kept(condition.field, value)
                    if fixed.setdefault(condition.field, kept_value) != kept_value:
                        return None
        return fixed

    def _edge(self, field: str, edge: Edge | None) -> Edge | None:
        return None if edge is None else Edge(self._kept(field, edge.value), edge.open)

    def _kept(self, field: str, value: Any) -> Any:
        return kept(self._kinds[field], value)


def everything(owner: str | None) -> Sequence[Range]:
    """All records in their own order, or all of one owner's."""
    equal = _owner(owner)
    return [Range(name_of(POSITION, owned=bool(equal)), equal, _POSITION_PATH)]


def _equals(comparison: Comparison) -> Sequence[Any]:
    """The one value, or null, that a field has in all records that meet `comparison`; else nothing."""
    match comparison.operator:
        case Operator.EQ:
            return (comparison.value,)
        case Operator.NULL if comparison.value:
            return (None,)
        case Operator.IN:
            values = tuple(set(comparison.value))
            return values if len(values) == 1 else ()
    return ()


def _owner(owner: str | None) -> Sequence[tuple[str, Any]]:
    return () if owner is None else ((OWNER, owner),)


def _range(
    index: IndexDefinition,
    owner: str | None,
    values: Mapping[str, Any],
    bounded: str,
    low: Edge | None,
    high: Edge | None,
) -> Range:
    """The range in which the fields before the `bounded` one have these values."""
    before = takewhile(lambda name: name != bounded, (key.field for key in index.keys))
    equal = (*_owner(owner), *((path_of(field), values[field]) for field in before))
    return Range(name_of(index, owned=owner is not None), equal, path_of(bounded), low, high)
