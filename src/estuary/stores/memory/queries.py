"""List queries with conditions, or in an order of their own.

Where an index of the resource leads to what is asked for, a page costs by its length. Where it leads to
more than that, or none does, records are looked at one by one, and not at any number of them.
"""

from collections.abc import Callable, Iterator, Sequence

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import QueryTooExpensive
from estuary.core.queries.conditions import Comparison, Condition, Operator, flattened
from estuary.core.queries.indexes import Demand, too_expensive, with_id
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.memory.ordered_records import OrderedRecords, Place
from estuary.stores.memory.ordering import Key, key_function, part
from estuary.stores.memory.predicates import all_of
from estuary.stores.memory.record_index import RecordIndex
from estuary.stores.memory.scanning import (
    MOST_LOOKED_AT,
    answer_when_complete,
    look_through,
    put_in_order,
)
from estuary.stores.memory.spans import Span, fixed_values, place_in, position_values, span_of


def answer(records: RecordIndex, query: ListQuery) -> MaybeAwaitable[ListResult]:
    """The result of `query`; raises `QueryTooExpensive`."""
    plan = records.resource.plans.of(query.where, query.sort)
    if plan.demand.named:
        return _named(records, query)
    if plan.index is None:
        return _unordered(records, query)
    order = records.order(plan.index, query.owner is not None)
    if order.complete:
        return _ordered(records, order, query, plan.demand)
    return _when_complete(records, order, query, plan.demand)


def _when_complete(
    records: RecordIndex, order: OrderedRecords, query: ListQuery, demand: Demand
) -> MaybeAwaitable[ListResult]:
    # Apart, for what nested functions need is made on every call of the function around them.
    return answer_when_complete(
        order,
        lambda: records.extend(order),
        lambda: _ordered(records, order, query, demand),
    )


def _named(records: RecordIndex, query: ListQuery) -> ListResult:
    """Records whose ids the query names: no more than it has names."""
    meets, named = all_of(query.where), next(_names(query.where))
    found = [
        record
        for record_id in dict.fromkeys(named)
        if (record := records.by_id.get(record_id)) is not None
        and query.owner in (None, record.owner)
        and meets(record)
    ]
    key_of = _key_function(records, query)
    found.sort(key=key_of)
    after = _after(query)
    behind = [record for record in found if after is None or key_of(record) > after]
    offset = query.offset or 0
    return counted(behind[offset : offset + query.limit], len(found), query)


def _unordered(records: RecordIndex, query: ListQuery) -> MaybeAwaitable[ListResult]:
    """Records in an order that no index has: all of them are looked at and sorted."""
    known = records.of_owner(query.owner)
    refusal = _refusal(records.resource, query)
    if len(known) > MOST_LOOKED_AT:
        raise refusal
    candidates, meets = known.after(None, MOST_LOOKED_AT), all_of(query.where)
    return put_in_order(candidates, meets, _key_function(records, query), _after(query), query, refusal)


def _ordered(
    records: RecordIndex, order: OrderedRecords, query: ListQuery, demand: Demand
) -> MaybeAwaitable[ListResult]:
    """Records in the order of an index, which leads to all that meet the conditions that it can serve."""
    fixed = fixed_values(query.where)
    if fixed is None:
        return counted([], 0, query)
    span = span_of(query, fixed, demand, order.keys)
    position = place_in(query, fixed, order.keys)
    rest = _stretch(order, span if position is None else span.behind(position))
    if not demand.unservable:
        total = order.distance(*_stretch(order, span)) if query.counted else 0
        page = _cut(order, rest, span.backwards, query.offset or 0, query.limit)
        return counted(page, total, query)
    most = MOST_LOOKED_AT + 1
    page = _cut(order, rest, span.backwards, 0, most)
    looked_at = _cut(order, _stretch(order, span), span.backwards, 0, most) if query.counted else ()
    refusal = _refusal(records.resource, query)
    return look_through(page, looked_at, all_of(query.where), query, refusal)


def _refusal(resource: Resource, query: ListQuery) -> QueryTooExpensive:
    return too_expensive(query.where, query.sort, resource.indexes, unordered=resource.unordered)


def _stretch(order: OrderedRecords, span: Span) -> tuple[Place, Place]:
    return order.place(span.low), order.place(span.high)


def _cut(
    order: OrderedRecords, stretch: tuple[Place, Place], from_end: bool, offset: int, limit: int
) -> Sequence[Record]:
    first, end = stretch
    if from_end:
        return order.backwards(first, end, offset, limit)
    return order.forwards(first, end, offset, limit)


def _key_function(records: RecordIndex, query: ListQuery) -> Callable[[Record], Key]:
    return key_function(with_id(query.sort), records.optional)


def _after(query: ListQuery) -> Key | None:
    """The key of the position that the query goes on from."""
    if query.after is None:
        return None
    values = position_values(query.after, query.sort)
    return tuple([part(values[key.field], key.descending) for key in with_id(query.sort)])


def _names(where: Sequence[Condition]) -> Iterator[Sequence[str]]:
    """The ids that conditions name, one after the other."""
    for condition in flattened(where):
        if isinstance(condition, Comparison) and condition.field == "id":
            if condition.operator is Operator.EQ:
                yield (condition.value,)
            elif condition.operator is Operator.IN:
                yield condition.value
