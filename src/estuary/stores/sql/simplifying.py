"""Conditions that all hold, with nothing in them that another one implies.

An engine begins a search at one bound of a range. Of two that it is given it may take the wider one, and
then reads all that lies between them. So each field keeps at most one bound on either side; and where a
list goes on from a position, that is the bound.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from estuary.core.queries.conditions import Comparison, Condition, Operator, SortKey, flattened
from estuary.stores.sql.columns import QueryColumn

_LOWER: Final = frozenset({Operator.GT, Operator.GTE})
_UPPER: Final = frozenset({Operator.LT, Operator.LTE})
_STRICT: Final = frozenset({Operator.GT, Operator.LT})


class Simplified(NamedTuple):
    """Conditions of which all hold; `possible` is false where no record can meet them.

    `named` are those that name records by their ids. `valued` are the fields that are not null in any
    record that meets them.
    """

    named: list[Condition]
    others: list[Condition]
    valued: frozenset[str]
    possible: bool
    after: bool
    """Whether what comes before the position is still to be left out."""
    ahead: list[Condition]
    """The bound of the first key on the side that the list goes to; the position itself meets it."""


class _Parts:
    """The conditions, sorted out."""

    def __init__(self, columns: Mapping[str, QueryColumn]) -> None:
        self._columns = columns
        self.named: list[Condition] = []
        self.others: list[Condition] = []
        self.equal: dict[str, Comparison] = {}
        self.lower: dict[str, Comparison] = {}
        self.upper: dict[str, Comparison] = {}
        self.valued: dict[str, Comparison] = {}
        self.possible = True

    def add(self, condition: Condition) -> None:
        match condition:
            case Comparison("id", Operator.IN | Operator.EQ):
                self.named.append(condition)
            case Comparison(field, Operator.IN, values) if len(set(values)) == 1:
                self._equal(Comparison(field, Operator.EQ, values[0]))
            case Comparison(_, Operator.EQ) | Comparison(_, Operator.NULL, True):
                self._equal(condition)
            case Comparison(field, Operator.NULL, False):
                self.valued[field] = condition
            case Comparison(_, operator) if operator in _LOWER:
                self._bound(self.lower, condition)
            case Comparison(_, operator) if operator in _UPPER:
                self._bound(self.upper, condition)
            case _:
                self.others.append(condition)

    def going_on(self, key: SortKey, position: Any) -> tuple[bool, list[Condition]]:
        """Take out the bounds of `key`, which is not null, as far as `position` implies them.

        Whether what comes before the position is to be left out, and the bound that lies ahead of it.
        """
        behind, before = (self.upper, self.lower) if key.descending else (self.lower, self.upper)
        passed, ahead = behind.get(key.field), before.get(key.field)
        if position is None:
            # Null comes first where the order ascends: everything that is asked for lies behind it.
            self.possible = self.possible and not key.descending
            return False, []
        if passed is not None and not self.meets(position, passed):
            return False, []
        if ahead is not None and not self.meets(position, ahead):
            self.possible = False
            return False, []
        behind.pop(key.field, None)
        before.pop(key.field, None)
        self.valued.pop(key.field, None)
        return True, [] if ahead is None else [ahead]

    def _equal(self, comparison: Comparison) -> None:
        if self.equal.setdefault(comparison.field, comparison) != comparison:
            self.possible = False

    def _bound(self, bounds: dict[str, Comparison], bound: Comparison) -> None:
        has = bounds.get(bound.field)
        if has is None or self._is_within(has, bound):
            bounds[bound.field] = bound

    def _is_within(self, wide: Comparison, narrow: Comparison) -> bool:
        """Whether what `narrow` allows is part of what `wide` does."""
        value = self.driven(narrow)
        return self.meets(value, wide) or (value == self.driven(wide) and narrow.operator in _STRICT)

    def driven(self, comparison: Comparison) -> Any:
        convert = self._columns[comparison.field].convert
        return comparison.value if convert is None else convert(comparison.value)

    def meets(self, value: Any, bound: Comparison) -> bool:
        """Whether a value that the driver takes lies on the right side of `bound`."""
        limit = self.driven(bound)
        if value == limit:
            return bound.operator not in _STRICT
        return bool(value > limit) == (bound.operator in _LOWER)


def simplified(
    where: Sequence[Condition],
    columns: Mapping[str, QueryColumn],
    first: SortKey | None = None,
    position: Any = None,
) -> Simplified:
    """`where` without what is implied by other conditions, or by a position.

    `first` is the first key of the order where the list goes on from a position, whose value of that key,
    as the driver takes it, is `position`.
    """
    parts = _Parts(columns)
    for condition in flattened(where):
        parts.add(condition)
    ranged = frozenset({*parts.lower, *parts.upper})
    valued = ranged.union(parts.valued)
    after = first is not None
    ahead: list[Condition] = []
    if first is not None and first.field in valued:
        after, ahead = parts.going_on(first, position)
    others = [
        *parts.equal.values(),
        *parts.lower.values(),
        *parts.upper.values(),
        *(condition for field, condition in parts.valued.items() if field not in ranged),
        *parts.others,
    ]
    return Simplified(parts.named, others, valued, parts.possible, after, ahead)
