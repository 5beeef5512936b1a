"""What a query asks of an index: the stretch of its order in which all that it asks for lies."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from estuary.core.queries.conditions import RANGE, Comparison, Condition, Operator, SortKey, flattened
from estuary.core.queries.indexes import Demand
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.stores.memory.ordering import HIGHEST, Key, compared, part


class Span:
    """Records from `low` on that lie before `high`; `backwards` where the last one comes first."""

    __slots__ = ("backwards", "high", "low")

    def __init__(self, low: Key, high: Key, backwards: bool) -> None:
        self.low: Final = low
        self.high: Final = high
        self.backwards: Final = backwards

    def behind(self, position: Key) -> "Span":
        """What is left of it behind a position, in the direction in which it is asked for."""
        if self.backwards:
            return Span(self.low, min(self.high, position), self.backwards)
        return Span(max(self.low, (*position, HIGHEST)), self.high, self.backwards)


def span_of(query: ListQuery, fixed: Mapping[str, Any], demand: Demand, index: tuple[SortKey, ...]) -> Span:
    """The span that `query` asks for in an order by the keys of `index`; `fixed` are its `fixed_values`."""
    keys = index[len(fixed) :]
    leading = _leading(query, fixed, index)
    lows, highs = [leading], [(*leading, HIGHEST)]
    for condition in flattened(query.where):
        if isinstance(condition, Comparison) and condition.field == keys[0].field:
            _bound(condition, leading, keys[0].descending, lows, highs)
    return Span(max(lows), min(highs), keys != demand.order)


def place_in(query: ListQuery, fixed: Mapping[str, Any], index: tuple[SortKey, ...]) -> Key | None:
    """The position that `query` goes on from as a key of that order; None where it begins at the start."""
    if query.after is None:
        return None
    values = position_values(query.after, query.sort)
    rest = [part(values[key.field], key.descending) for key in index[len(fixed) :]]
    return (*_leading(query, fixed, index), *rest)


def position_values(position: Position | SortedPosition, sort: Sequence[SortKey]) -> dict[str, Any]:
    """The value of each field that records are ordered by, at `position`."""
    if isinstance(position, Position):
        return {"created_at": position.created_at, "id": position.id}
    values: dict[str, Any] = {}
    for key, value in zip(sort, position.values, strict=True):
        values[key.field] = compared(key.field, value)
    values["id"] = position.id
    return values


def _leading(query: ListQuery, fixed: Mapping[str, Any], index: tuple[SortKey, ...]) -> Key:
    """The common prefix of the keys in the span."""
    values = [] if query.owner is None else [query.owner]
    values += [part(fixed[key.field], key.descending) for key in index[: len(fixed)]]
    return tuple(values)


def fixed_values(where: Sequence[Condition]) -> dict[str, Any] | None:
    """What each field equals that has to equal something; None where one had to equal two values."""
    values: dict[str, Any] = {}
    for condition in flattened(where):
        if isinstance(condition, Comparison):
            for value in _equals(condition):
                if values.setdefault(condition.field, value) != value:
                    return None
    return values


def _equals(comparison: Comparison) -> Sequence[Any]:
    """The one value, or null, that a field has in all records that meet `comparison`; else nothing."""
    match comparison.operator:
        case Operator.EQ:
            return (compared(comparison.field, comparison.value),)
        case Operator.NULL if comparison.value:
            return (None,)
        case Operator.IN:
            values = set(comparison.value)
            return [compared(comparison.field, each) for each in values] if len(values) == 1 else ()
    return ()


def _bound(
    comparison: Comparison, leading: Key, descending: bool, lows: list[Key], highs: list[Key]
) -> None:
    """Add what `comparison` says of the first field behind `leading` to the bounds of a span."""
    least, most = (highs, lows) if descending else (lows, highs)
    if comparison.operator in RANGE:
        below, above = _sides(leading, compared(comparison.field, comparison.value), descending)
        match comparison.operator:
            case Operator.GT:
                least.append(above)
            case Operator.GTE:
                least.append(below)
            case Operator.LT:
                most.append(below)
            case Operator.LTE:
                most.append(above)
    elif comparison.operator is not Operator.NULL:
        return
    # Null meets none of these.
    least.append(_sides(leading, None, descending)[1])


def _sides(leading: Key, value: Any, descending: bool) -> tuple[Key, Key]:
    """Where lesser values than `value` meet it in an index, and where greater ones do."""
    first = (*leading, part(value, descending))
    last = (*first, HIGHEST)
    return (last, first) if descending else (first, last)
