"""Conditions as functions of a record."""

from collections.abc import Callable, Sequence
from operator import attrgetter, ge, gt, le, lt
from typing import Any, Final, TypeAlias, assert_never

from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator, folded
from estuary.core.record import Record
from estuary.stores.memory.ordering import compared, path_of

Predicate: TypeAlias = Callable[[Record], bool]

_COMPARED: Final = {Operator.LT: lt, Operator.LTE: le, Operator.GT: gt, Operator.GTE: ge}


def all_of(conditions: Sequence[Condition]) -> Predicate:
    """Whether a record meets each of `conditions`."""
    predicates = [_predicate(condition) for condition in conditions]
    if len(predicates) == 1:
        return predicates[0]
    return lambda record: all(holds(record) for holds in predicates)


def _predicate(condition: Condition) -> Predicate:
    match condition:
        case Comparison():
            return _comparison(condition)
        case AllOf(conditions):
            return all_of(conditions)
        case AnyOf(conditions):
            alternatives = [_predicate(each) for each in conditions]
            return lambda record: any(holds(record) for holds in alternatives)
        case Not(inner):
            refuted = _predicate(inner)
            return lambda record: not refuted(record)
        case _:
            assert_never(condition)


def _comparison(comparison: Comparison) -> Predicate:
    field, operator, value = comparison
    read = attrgetter(path_of(field))
    if operator is Operator.IN:
        meets = _test(operator, frozenset([compared(field, each) for each in value]))
    else:
        meets = _test(operator, compared(field, value))
    return lambda record: meets(read(record))


def _test(operator: Operator, comparand: Any) -> Callable[[Any], bool]:
    """Whether a value, which may be null, meets a comparison."""
    match operator:
        case Operator.EQ:
            return lambda value: bool(value == comparand)
        case Operator.NE:
            return lambda value: bool(value != comparand)
        case Operator.IN:
            return lambda value: value in comparand
        case Operator.NULL:
            return lambda value: (value is None) == comparand
        case Operator.LT | Operator.LTE | Operator.GT | Operator.GTE:
            compare = _COMPARED[operator]
            return lambda value: value is not None and bool(compare(value, comparand))
        case Operator.PREFIX:
            start = folded(comparand)
            return lambda value: value is not None and folded(value[: len(start)]) == start
        case Operator.CONTAINS:
            part = folded(comparand)
            return lambda value: value is not None and part in folded(value)
        case Operator.HAS:
            return lambda value: value is not None and comparand in value
        case _:
            assert_never(operator)
