"""Conditions and orders: what a list query says of the records that it asks for.

Logic is two-valued. A comparison with null is false, but for `ne`, which a null meets, and `null` itself;
`Not` is true where what it holds is false. In an order, null comes before every value, and texts are
ordered by code point.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Final, NamedTuple, TypeAlias, assert_never


class Operator(Enum):
    """How a field is compared; the values are the names that clients use."""

    # Members are single. Enum hashes their names, in Python: most of what a look-up by operator costs.
    __hash__ = object.__hash__

    EQ = "eq"
    NE = "ne"
    IN = "in"
    """Equal to one of several values, in a tuple."""
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    PREFIX = "prefix"
    """A text begins so; ASCII letters are equal in either case."""
    CONTAINS = "contains"
    """A text holds it somewhere; ASCII letters are equal in either case."""
    HAS = "has"
    """A list holds the value."""
    NULL = "null"
    """Whether the field is null: the value is true or false."""


EQUALITY: Final = frozenset({Operator.EQ, Operator.NE, Operator.IN})
RANGE: Final = frozenset({Operator.LT, Operator.LTE, Operator.GT, Operator.GTE})
ORDERED: Final = EQUALITY | RANGE
SEARCHED: Final = frozenset({Operator.PREFIX, Operator.CONTAINS})


class Comparison(NamedTuple):
    """One field compared with a value of its kind."""

    field: str
    operator: Operator
    value: Any


class AllOf(NamedTuple):
    """Every condition holds."""

    conditions: "tuple[Condition, ...]"


class AnyOf(NamedTuple):
    """At least one condition holds."""

    conditions: "tuple[Condition, ...]"


class Not(NamedTuple):
    """The condition does not hold."""

    condition: "Condition"


Condition: TypeAlias = Comparison | AllOf | AnyOf | Not


class SortKey(NamedTuple):
    """A field to order by."""

    field: str
    descending: bool = False


def comparisons(conditions: Sequence[Condition]) -> Iterator[Comparison]:
    """Every comparison in `conditions`, in the order in which they stand there."""
    for condition in conditions:
        match condition:
            case Comparison():
                yield condition
            case AllOf(inner) | AnyOf(inner):
                yield from comparisons(inner)
            case Not(inner):
                yield from comparisons((inner,))
            case _:
                assert_never(condition)


def flattened(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """`conditions`, all of which hold, with every `AllOf` among them taken apart."""
    for condition in conditions:
        if isinstance(condition, AllOf):
            yield from flattened(condition.conditions)
        else:
            yield condition


def folded(text: str) -> str:
    """`text` as `prefix` and `contains` compare it: ASCII letters in lower case, all else as it is."""
    return text.encode().lower().decode()


def shape(conditions: Sequence[Condition], sort: Sequence[SortKey]) -> str:
    """What a query compares and orders by, as an operator reads it: without any value."""
    order = ",".join(f"-{key.field}" if key.descending else key.field for key in sort)
    asked = " and ".join(map(_shape, conditions))
    return " ".join([*([asked] if asked else []), *([f"sort={order}"] if order else [])])


def _shape(condition: Condition) -> str:
    match condition:
        case Comparison(field, operator):
            return f"{field}.{operator.value}"
        case AllOf(inner):
            return f"({' and '.join(map(_shape, inner))})"
        case AnyOf(inner):
            return f"({' or '.join(map(_shape, inner))})"
        case Not(inner):
            return f"not {_shape(inner)}"
