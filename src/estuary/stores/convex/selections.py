"""List queries as arguments of the functions in Convex (`convex/select.ts`)."""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from msgspec.structs import replace

from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.kinds.metadata import METADATA
from estuary.core.queries.attributes import Attribute
from estuary.core.queries.conditions import (
    RANGE,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Not,
    Operator,
    flattened,
)
from estuary.core.queries.indexes import demand_of, serving, too_expensive, with_id
from estuary.core.queries.query import ListQuery
from estuary.core.resource import Resource
from estuary.stores.convex.documents import defaults, is_time, kept
from estuary.stores.convex.indexes import kept as kept_indexes
from estuary.stores.convex.ranges import Ranges, everything


class Selections:
    """The list queries of one resource."""

    def __init__(self, resource: Resource) -> None:
        self._attributes = resource.attributes
        self._unordered = resource.unordered
        self._indexes = kept_indexes(resource)
        self._ranges = Ranges({name: each.kind for name, each in resource.attributes.items()})
        missing = defaults(resource)
        self._arguments = {
            name: _argument(attribute, missing.get(name)) for name, attribute in resource.attributes.items()
        }

    def of(self, query: ListQuery) -> Mapping[str, Any]:
        """Which records are asked for, and in what order."""
        return {
            "ids": _ids(query.where),
            "where": [self._condition(condition) for condition in query.where],
            **(self._in_order(query) or self._sorted(query)),
        }

    def _in_order(self, query: ListQuery) -> dict[str, Any] | None:
        """The ranges of an index that has the order, from the position on; None where there is none.

        Of one that has the order alone records are read that do not meet the conditions.
        """
        if query.counted and query.after is not None:
            return None  # what lies before the position is counted, too
        for where in (query.where, _bounds(query.where)):
            demand = demand_of(where, query.sort)
            if demand.named:
                return None
            index = serving(demand._replace(unservable=()), self._indexes)
            if index is None:
                continue
            return {
                "ranges": self._ranges.of(replace(query, where=where), demand, index),
                "backwards": demand.order[0].descending,
                "exact": where is query.where and not demand.unservable,
                "sort": [],
                "after": None,
            }
        return None

    def refusal(self, query: ListQuery) -> QueryTooExpensive:
        """The error of a query for which too many records would have to be looked at."""
        if serving(demand_of(query.where, query.sort), self._indexes) is None:
            return too_expensive(
                query.where, query.sort, self._indexes, unordered=self._unordered, one_direction=True
            )
        counts = query.counted and query.at_most is None
        return QueryTooExpensive(Advice(counts=counts, skips=not counts and bool(query.offset)))

    def _sorted(self, query: ListQuery) -> dict[str, Any]:
        """All records, which are sorted."""
        order, place = with_id(query.sort), self._ranges.place(query)
        return {
            "ranges": everything(query.owner),
            "backwards": False,
            "exact": False,
            "sort": [
                {"attribute": self._arguments[key.field], "descending": key.descending} for key in order
            ],
            "after": [place[key.field] for key in order] if place else None,
        }

    def _condition(self, condition: Condition) -> Mapping[str, Any]:
        match condition:
            case Comparison(field, operator, value):
                compared = {
                    "is": "compared",
                    "attribute": self._arguments[field],
                    "operator": operator.value,
                }
                return compared | {"value": self._compared(field, operator, value)}
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
            case Operator.NULL:
                return value
        return kept(kind.entry or kind, value)


def _argument(attribute: Attribute, missing: Any) -> Mapping[str, Any]:
    """An attribute as an argument of the functions."""
    return {
        "name": attribute.name,
        "meta": attribute.name in METADATA,
        "time": is_time(attribute.kind),
        "missing": missing,
    }


def _bounds(where: Sequence[Condition]) -> tuple[Condition, ...]:
    return tuple(
        each for each in flattened(where) if isinstance(each, Comparison) and each.operator in RANGE
    )


def _ids(where: Sequence[Condition]) -> Sequence[str] | None:
    """The ids of all records that can meet `where`, if it names them."""
    for condition in flattened(where):
        match condition:
            case Comparison("id", Operator.EQ, record_id):
                return [record_id]
            case Comparison("id", Operator.IN, record_ids):
                return list(record_ids)
    return None
