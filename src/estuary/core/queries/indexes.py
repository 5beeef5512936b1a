"""Indexes: which a resource declares, and which of them serves a query.

An index serves a query where the fields that have to equal something are its first ones and the rest is the
query's order, forwards or backwards, with at most one range, on the first field of that order. A store then
finds the first record of a page by a search, and the page by reading on from there: what that costs does
not grow with the collection.
"""

from collections.abc import Container, Iterator, Sequence
from typing import Final, NamedTuple

from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.queries.conditions import RANGE, Comparison, Condition, Operator, SortKey, flattened

MAX_SORT_KEYS: Final = 3
"""How many fields lists can be ordered by."""
MAX_INDEX_FIELDS: Final = MAX_SORT_KEYS + 1
"""How many fields an index can be declared of: one to equal something, and the longest order."""
DEFAULT_ORDER: Final = (SortKey("created_at"), SortKey("id"))
"""How lists are ordered where nothing else is asked for."""


class IndexDefinition(NamedTuple):
    """The fields of an index in their order, each with its direction. It ends with `id`.

    Where records have owners, stores keep a second one with the owner in front.
    """

    keys: tuple[SortKey, ...]


POSITION: Final = IndexDefinition(DEFAULT_ORDER)
IDENTITY: Final = IndexDefinition((SortKey("id"),))
"""Every resource has these two."""


class Demand(NamedTuple):
    """What a query demands of an index that is to serve it.

    `fixed` are the fields that equal one value, and `order` is what they leave of the query's order.
    `unservable` are conditions that no index can serve. `named` says whether the records are named by
    their ids: there are no more of them than the query itself names.
    """

    fixed: frozenset[str]
    order: tuple[SortKey, ...]
    unservable: tuple[Condition, ...]
    named: bool


def indexes_of(marked: Sequence[str], declared: Sequence[Sequence[str]]) -> tuple[IndexDefinition, ...]:
    """The indexes of a resource: by the fields that are `marked`, and by those `declared` as a whole.

    A marked field has two: for lists in its own order, and for those in the default order of the records
    that have one value of it.
    """
    found = [POSITION, IDENTITY]
    for name in marked:
        found += [
            IndexDefinition((SortKey(name), SortKey("id"))),
            IndexDefinition((SortKey(name), *DEFAULT_ORDER)),
        ]
    return tuple(dict.fromkeys([*found, *map(index_of, declared)]))


def index_of(names: Sequence[str]) -> IndexDefinition:
    """The index by the fields `names`; one with `-` in front is ordered from the greatest to the least."""
    return IndexDefinition(with_id([sort_key(name) for name in names]))


def sort_key(name: str) -> SortKey:
    """The key that `name` stands for, with `-` in front where it descends."""
    return SortKey(name.removeprefix("-"), name.startswith("-"))


def with_id(keys: Sequence[SortKey]) -> tuple[SortKey, ...]:
    """`keys` up to `id`, which is unique and goes in the direction of the last key."""
    shown: list[SortKey] = []
    for key in keys:
        shown.append(key)
        if key.field == "id":
            return tuple(shown)
    return (*shown, SortKey("id", keys[-1].descending)) if keys else DEFAULT_ORDER


def demand_of(where: Sequence[Condition], sort: Sequence[SortKey]) -> Demand:
    """What a query for records that meet all of `where`, ordered by `sort`, demands of an index."""
    conditions = list(flattened(where))
    fixed = frozenset(filter(None, map(_fixed_field, conditions)))
    order = tuple(key for key in with_id(sort) if key.field not in fixed)
    first = order[0].field if order else None
    unservable = tuple(each for each in conditions if not (_fixed_field(each) or _bounds(each, first)))
    return Demand(fixed, order, unservable, any(map(_names, conditions)))


def serving(demand: Demand, indexes: Sequence[IndexDefinition]) -> IndexDefinition | None:
    """The index that serves a query with this demand; None where none does."""
    if demand.named:
        return IDENTITY
    if demand.unservable:
        return None
    orders = (demand.order, backwards(demand.order))
    return next((index for index in indexes if _serves(index, demand.fixed, orders)), None)


def ascending(indexes: Sequence[IndexDefinition]) -> tuple[IndexDefinition, ...]:
    """`indexes` as an engine keeps them in which all fields of an index have the same direction."""
    found = [IndexDefinition(tuple([SortKey(key.field) for key in index.keys])) for index in indexes]
    return tuple(dict.fromkeys(found))


def advice(
    where: Sequence[Condition],
    sort: Sequence[SortKey],
    indexes: Sequence[IndexDefinition],
    *,
    unordered: Container[str],
    one_direction: bool = False,
) -> Advice:
    """What would have an index serve a query that none of `indexes` serves.

    An index for it as it is; else, where a field is bounded that it is not ordered by, that order: with an
    index that is there, or one to be declared. `unordered` are fields that no index can have, for they have
    no order. With `one_direction` of an engine in which all fields of an index have the same direction.
    """
    if any(field in unordered for field in _asked_fields(where)):
        return Advice()
    mixed = len({key.descending for key in demand_of(where, sort).order}) > 1
    if not (one_direction and mixed) and (declare := _serving_fields(demand_of(where, sort))):
        return Advice(declare)
    others = [(field, demand_of(where, (SortKey(field),))) for field in _bounded_fields(where)]
    for field, demand in others:
        if serving(demand, indexes) is not None:
            return Advice(sort=field)
    for field, demand in others:
        if declare := _serving_fields(demand):
            return Advice(declare, field)
    return Advice()


def too_expensive(
    where: Sequence[Condition],
    sort: Sequence[SortKey],
    indexes: Sequence[IndexDefinition],
    *,
    unordered: Container[str],
    one_direction: bool = False,
) -> QueryTooExpensive:
    """The error of a query that none of `indexes` serves; see `advice`."""
    return QueryTooExpensive(advice(where, sort, indexes, unordered=unordered, one_direction=one_direction))


def backwards(keys: Sequence[SortKey]) -> tuple[SortKey, ...]:
    """The reverse of an order."""
    return tuple([SortKey(key.field, not key.descending) for key in keys])


def _serves(index: IndexDefinition, fixed: frozenset[str], orders: tuple[tuple[SortKey, ...], ...]) -> bool:
    # Most indexes have another order, which is the cheapest thing to check.
    equal = len(fixed)
    return index.keys[equal:] in orders and {key.field for key in index.keys[:equal]} == fixed


def _fixed_field(condition: Condition) -> str | None:
    """The field that has one value, or is null, in all records that meet `condition`."""
    match condition:
        case Comparison(field, Operator.EQ) | Comparison(field, Operator.NULL, True):
            return field
        case Comparison(field, Operator.IN, values) if len(set(values)) == 1:
            return field
    return None


def _bounds(condition: Condition, field: str | None) -> bool:
    """Whether `condition` bounds `field` from one side."""
    match condition:
        case Comparison(name, operator, value) if name == field:
            return operator in RANGE or (operator is Operator.NULL and value is False)
    return False


def _serving_fields(demand: Demand) -> tuple[str, ...]:
    """The fields of an index that serves a query with this demand; none where none can be declared."""
    if demand.unservable:
        return ()
    # An order of ids alone is read either way: it needs no direction.
    order = demand.order if len(demand.order) > 1 else (SortKey("id"),)
    fields = tuple(shown(IndexDefinition((*map(SortKey, sorted(demand.fixed)), *order))))
    return fields if len(fields) <= MAX_INDEX_FIELDS else ()


def _bounded_fields(where: Sequence[Condition]) -> Iterator[str]:
    """The fields that are bounded from one side, in their order in `where`."""
    for condition in flattened(where):
        if isinstance(condition, Comparison) and _bounds(condition, condition.field):
            yield condition.field


def _asked_fields(where: Sequence[Condition]) -> Iterator[str]:
    """The fields of the comparisons that have to hold."""
    for condition in flattened(where):
        if isinstance(condition, Comparison):
            yield condition.field


def _names(condition: Condition) -> bool:
    """Whether `condition` names the ids of all records that meet it."""
    match condition:
        case Comparison(field="id", operator=Operator.EQ | Operator.IN):
            return True
    return False


def shown(index: IndexDefinition) -> Iterator[str]:
    """The names of an index as a declaration writes them: without the `id` that every index ends with.

    It is named where the declaration has to: alone, or in another direction than the key before it.
    """
    declared = index.keys[:-1]
    for key in declared if with_id(declared) == index.keys else index.keys:
        yield f"-{key.field}" if key.descending else key.field
