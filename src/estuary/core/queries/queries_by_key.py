"""List queries that ask for the values of a unique key: one record at most of each owner has them.

So no other index is needed: the record is looked up, and the query is then one for its id, on every store
alike.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from estuary.core.queries.conditions import Comparison, Operator, flattened
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record_id import NO_RECORD


class Named(NamedTuple):
    """A unique key, and the values that a query asks of its fields."""

    key: UniqueKey
    values: tuple[Any, ...]


class QueriesByKey:
    """Finds the queries that one of `keys` serves."""

    def __init__(self, keys: Sequence[UniqueKey]) -> None:
        self._keys: Final = keys

    def named(self, query: ListQuery) -> Named | None:
        """The key whose values `query` asks for; None where it asks for those of none."""
        equal = {
            each.field: each.value
            for each in (flattened(query.where) if self._keys else ())
            if isinstance(each, Comparison) and each.operator is Operator.EQ
        }
        for key in self._keys:
            if equal.keys() >= set(key.fields):
                return Named(key, tuple([equal[field] for field in key.fields]))
        return None


def narrowed(query: ListQuery, found: ListResult) -> ListQuery:
    """`query`, for the record that has the values it asks for; as it is where several owners' have."""
    if len(found.records) > 1:
        return query
    record_id = found.records[0].id if found.records else NO_RECORD
    return replace(query, where=(Comparison("id", Operator.EQ, record_id), *query.where))
