"""Plans: which index serves a list query, worked out once for all that differ in their values alone."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

from estuary.core.queries.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Operator,
    SortKey,
    flattened,
)
from estuary.core.queries.indexes import Demand, IndexDefinition, demand_of, serving

PLANS_KEPT: Final = 256
"""How many plans are kept for a resource; the least recently used are dropped, and made again."""

Outline: TypeAlias = tuple[tuple[str, Operator, Any] | None, ...]
"""Conditions but for their values, as far as an index does not depend on these; None is one that no index
serves. Plain tuples: making and comparing them is what finding a plan costs."""


class Plan:
    """What a query demands of an index, and the `index` that leads to what it asks for.

    Where the plan is not `served`, the index leads to other records as well, or there is none.
    """

    __slots__ = ("demand", "index", "served")

    def __init__(self, demand: Demand, index: IndexDefinition | None) -> None:
        self.demand: Final = demand
        self.index: Final = index
        self.served: Final = index is not None and (demand.named or not demand.unservable)


class Plans:
    """The plans of queries on a resource with these `indexes`."""

    def __init__(self, indexes: Sequence[IndexDefinition]) -> None:
        self._planned: Callable[[Outline, tuple[SortKey, ...]], Plan] = lru_cache(PLANS_KEPT)(
            partial(_plan, indexes)
        )

    def of(self, where: Sequence[Condition], sort: tuple[SortKey, ...]) -> Plan:
        """The plan of a query for records that meet all of `where`, ordered by `sort`."""
        return self._planned(outline_of(where), sort)


def outline_of(where: Sequence[Condition]) -> Outline:
    """`where` without its values."""
    return tuple([_outlined(each) for each in _taken_apart(where)])


def conditions_of(outline: Outline) -> tuple[Condition, ...]:
    """Conditions with this outline."""
    return tuple([AnyOf(()) if each is None else Comparison(*each) for each in outline])


def _taken_apart(where: Sequence[Condition]) -> Sequence[Condition]:
    for condition in where:
        if isinstance(condition, AllOf):
            return list(flattened(where))
    return where


def _outlined(condition: Condition) -> tuple[str, Operator, Any] | None:
    if not isinstance(condition, Comparison):
        return None
    field, operator, value = condition
    if operator is Operator.NULL:
        return field, operator, value
    if operator is Operator.IN:
        return field, operator, (0,) if len(set(value)) == 1 else (0, 1)
    return field, operator, None


def _plan(indexes: Sequence[IndexDefinition], outline: Outline, sort: tuple[SortKey, ...]) -> Plan:
    demand = demand_of(conditions_of(outline), sort)
    return Plan(demand, serving(demand._replace(unservable=()), indexes))
