"""What list queries mean, in plain Python: every store is compared with this.

It is written from what is promised to clients, and uses nothing of how stores answer.
"""

from collections.abc import Callable, Sequence
from functools import cmp_to_key
from typing import Any, NamedTuple

from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, SortKey
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALL = str.maketrans(_CAPITALS, _CAPITALS.lower())
_OF_EVERY_RECORD = ("id", "version", "created_at", "updated_at")


class Answer(NamedTuple):
    """Which records there are in what order, how many, and whether there are more than were counted."""

    records: Sequence[Record]
    total: int | None
    exceeded: bool


def answer(records: Sequence[Record], query: ListQuery) -> Answer:
    """What `query`, by offset, must be answered by a store that holds `records`."""
    found = ordered(records, query)
    shown = found[query.offset or 0 :][: query.limit]
    if not query.counted:
        return Answer(shown, None, False)
    if query.at_most is not None and len(found) > query.at_most:
        return Answer(shown, query.at_most, True)
    return Answer(shown, len(found), False)


def ordered(records: Sequence[Record], query: ListQuery) -> list[Record]:
    """All of `records` that `query` asks for, in its order."""
    found = [
        record
        for record in records
        if query.owner in (None, record.owner) and all(holds(record, each) for each in query.where)
    ]
    keys = query.sort or (SortKey("created_at"),)
    # Ties are broken by id, in the direction of the last key.
    keys = (*keys, SortKey("id", keys[-1].descending))

    def compared(one: Record, other: Record) -> int:
        return _compared(one, other, keys)

    return sorted(found, key=cmp_to_key(compared))


def holds(record: Record, condition: Condition) -> bool:
    """Whether `record` meets `condition`: yes or no, there is nothing between."""
    match condition:
        case AllOf(conditions):
            return all(holds(record, each) for each in conditions)
        case AnyOf(conditions):
            return any(holds(record, each) for each in conditions)
        case Not(inner):
            return not holds(record, inner)
        case Comparison(field, operator, comparand):
            return _is_met(value_of(record, field), operator.value, comparand)


def value_of(record: Record, field: str) -> Any:
    """What `record` has under the name `field`."""
    return getattr(record if field in _OF_EVERY_RECORD else record.value, field)


def _is_met(value: Any, operator: str, comparand: Any) -> bool:
    if operator == "null":
        return (value is None) is comparand
    if operator == "ne":
        return not _is_met(value, "eq", comparand)
    return value is not None and _MET[operator](value, comparand)


_MET: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, comparand: value == comparand,
    "in": lambda value, comparand: any(value == each for each in comparand),
    "lt": lambda value, comparand: value < comparand,
    "lte": lambda value, comparand: not value > comparand,
    "gt": lambda value, comparand: value > comparand,
    "gte": lambda value, comparand: not value < comparand,
    "prefix": lambda value, comparand: _folded(value).startswith(_folded(comparand)),
    "contains": lambda value, comparand: _folded(value).find(_folded(comparand)) >= 0,
    "has": lambda value, comparand: any(entry == comparand for entry in value),
}


def _folded(text: str) -> str:
    return text.translate(_SMALL)


def _compared(one: Record, other: Record, keys: Sequence[SortKey]) -> int:
    """Less than 0 where `one` comes before `other`. Null is smaller than every value."""
    for key in keys:
        left, right = value_of(one, key.field), value_of(other, key.field)
        if left == right:
            continue
        smaller = left is None or (right is not None and left < right)
        return -1 if smaller is not key.descending else 1
    return 0
