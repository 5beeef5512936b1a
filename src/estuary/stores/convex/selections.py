"""List queries as the functions in Convex are told of them (`convex/select.ts`)."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from estuary.core.attributes import Attribute
from estuary.core.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator, SortKey, flattened
from estuary.core.indexes import DEFAULT_ORDER, backwards, with_id
from estuary.core.kinds.metadata import METADATA
from estuary.core.moments import to_microseconds
from estuary.core.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.core.resource import Resource
from estuary.stores.convex.documents import defaults, is_time, kept, position

_BACKWARDS = backwards(DEFAULT_ORDER)


class Selections:
    """The list queries of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._attributes = resource.attributes
        missing = defaults(resource)
        self._told = {
            name: _told(attribute, missing.get(name)) for name, attribute in resource.attributes.items()
        }

    def of(self, query: ListQuery) -> Mapping[str, Any]:
        """Which records are asked for, and in what order."""
        order = with_id(query.sort)
        listed = order in (DEFAULT_ORDER, _BACKWARDS)
        sort = () if listed else order
        return {
            "ids": _ids(query.where),
            "where": [self._condition(condition) for condition in query.where],
            "sort": [{"attribute": self._told[key.field], "descending": key.descending} for key in sort],
            "backwards": order == _BACKWARDS,
            "after": self._after(query, sort),
        }

    def _condition(self, condition: Condition) -> Mapping[str, Any]:
        match condition:
            case Comparison(field, operator, value):
                told = {"is": "compared", "attribute": self._told[field], "operator": operator.value}
                return told | {"value": self._compared(field, operator, value)}
            case AllOf(conditions):
                return {"is": "all", "conditions": [self._condition(each) for each in conditions]}
            case AnyOf(conditions):
                return {"is": "any", "conditions": [self._condition(each) for each in conditions]}
            case Not(inner):
                return {"is": "not", "condition": self._condition(inner)}
            case _:
                assert_never(condition)

    def _compared(self, field: str, operator: Operator, value: Any) -> Any:
        kind = self._attributes[field].kind
        match operator:
            case Operator.IN:
                return [kept(kind, each) for each in value]
            case Operator.NULL | Operator.HAS:
                return value
        return kept(kind, value)

    def _after(self, query: ListQuery, sort: Sequence[SortKey]) -> Sequence[Any] | None:
        """The position to go on from: values of `sort`, or the one text where that is empty."""
        if query.after is None:
            return None
        if not isinstance(query.after, SortedPosition):
            return [position(query.after)]
        if not sort:
            return [position(Position(to_microseconds(query.after.values[0]), query.after.id))]
        asked = zip(query.sort, query.after.values, strict=True)
        values = {key.field: kept(self._attributes[key.field].kind, value) for key, value in asked}
        values["id"] = query.after.id
        return [values[key.field] for key in sort]


def _told(attribute: Attribute, missing: Any) -> Mapping[str, Any]:
    """What the functions are told of an attribute."""
    return {
        "name": attribute.name,
        "meta": attribute.name in METADATA,
        "time": is_time(attribute.kind),
        "missing": missing,
    }


def _ids(where: Sequence[Condition]) -> Sequence[str] | None:
    """The ids of all records that can meet `where`, if it names them."""
    for condition in flattened(where):
        match condition:
            case Comparison("id", Operator.EQ, record_id):
                return [record_id]
            case Comparison("id", Operator.IN, record_ids):
                return list(record_ids)
    return None
