"""List queries in Convex: how much they look at, and what older records are taken for."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.items import ITEMS
from estuary.core.queries.conditions import Comparison, Operator, SortKey
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.convex.functions import Functions
from estuary.stores.convex.store import ConvexStore
from tests.contract.making import TIMEOUT, make_id
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.resources import BUILT, VESSELS, vessel
from tests.support.servers.convex import DEPLOY_KEY, Deployment

BACKWARDS = (SortKey("name", True),)


def large(number: int) -> Record:
    """A record of 600 kB."""
    value = ITEMS.value_type(name="x", description="\N{ROCKET}" * 150_000)
    return Record(make_id(number), 1, START, START, value)


async def batches(records: Sequence[Record]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """Two, for a load is sent so many bytes at a time."""
    for start in range(0, len(records), 8):
        yield ITEMS, records[start : start + 8]


async def test_large_records_come_in_parts(store: ConvexStore, items: Collection) -> None:
    """A selection that is too long for one answer is put together from several."""
    records = [large(number) for number in range(12)]
    await store.load(batches(records), replace=False)
    found = await items.list(ListQuery(10, 1, sort=BACKWARDS))
    assert (records[-2:0:-1], 12) == (found.records, found.total)
    found = await items.list(ListQuery(10, 1, where=(Comparison("name", Operator.EQ, "x"),)))
    assert (records[1:11], 12) == (found.records, found.total)


async def test_more_than_a_query_may_look_at_is_refused(store: ConvexStore, items: Collection) -> None:
    """Convex would end a function that reads 16 MiB: none reads more than half of that."""
    await store.load(batches([large(number) for number in range(15)]), replace=False)
    with pytest.raises(QueryTooExpensive) as refused:
        await items.list(ListQuery(1, sort=BACKWARDS))
    assert Advice(("-name",)) == refused.value.advice
    # In the order of the list, or backwards, no more is looked at than a page needs; ids are looked up.
    page = await items.list(
        ListQuery(2, None, counted=False, where=(Comparison("name", Operator.EQ, "x"),))
    )
    assert [make_id(0), make_id(1)] == [record.id for record in page.records]
    newest = await items.list(ListQuery(2, 1, sort=(SortKey("created_at", True),)))
    assert ([make_id(13), make_id(12)], 15) == ([record.id for record in newest.records], newest.total)
    named = Comparison("id", Operator.IN, (make_id(14), make_id(7), make_id(99)))
    found = await items.list(ListQuery(5, 0, where=(named,)))
    assert [make_id(7), make_id(14)] == [record.id for record in found.records]


async def test_what_an_index_serves_is_counted_as_far_as_it_may_look(
    store: ConvexStore, items: Collection
) -> None:
    """A limited count ends there; an exact one is refused, as an offset beyond is, with what to ask for."""
    await store.load(batches([large(number) for number in range(15)]), replace=False)
    where = (Comparison("created_at", Operator.GTE, START),)
    found = await items.list(ListQuery(2, 1, where=where, at_most=10_000))
    assert [make_id(1), make_id(2)] == [record.id for record in found.records]
    assert (13, True) == (found.total, found.exceeded)
    for query, advice in (
        (ListQuery(2, 1, where=where), Advice(counts=True)),
        (ListQuery(2, 14, counted=False, where=where), Advice(skips=True)),
        (ListQuery(2, 14, where=where, at_most=5), Advice(skips=True)),
    ):
        with pytest.raises(QueryTooExpensive) as refused:
            await items.list(query)
        assert advice == refused.value.advice


async def test_a_field_that_a_record_lacks_has_its_default(deployment: Deployment) -> None:
    """Records that are older than a field are found, and sorted, by its default."""
    functions = Functions(deployment.url, DEPLOY_KEY, timeout=TIMEOUT)
    functions.open()
    document: dict[str, Any] = {
        "id": make_id(1),
        "version": 1,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "updated_at": "2026-01-01T00:00:00.000000Z",
        "owner": "",
        "value": {"name": "old", "draught": 3.5, "built_at": "1998-07-01T06:30:00.250000Z"},
    }
    await functions.mutate("insert", {"resource": "vessels", "key": None, "record": document})
    await functions.close()
    store = ConvexStore(deployment.url, [VESSELS], deploy_key=DEPLOY_KEY, timeout=TIMEOUT)
    await store.open()
    vessels = awaited(store.collection(VESSELS))
    for number, crew in ((2, -1), (3, 1)):
        await vessels.insert(Record(make_id(number), 1, START, START, vessel(crew=crew)))

    async def found(field: str, operator: Operator, value: Any) -> list[str]:
        where = (Comparison(field, operator, value),)
        return [one.id for one in (await vessels.list(ListQuery(9, where=where))).records]

    in_order = await vessels.list(ListQuery(9, sort=(SortKey("crew"),)))
    assert [make_id(2), make_id(1), make_id(3)] == [record.id for record in in_order.records]
    assert [make_id(1)] == await found("crew", Operator.EQ, 0)
    assert [make_id(1), make_id(2), make_id(3)] == await found("rig", Operator.EQ, "motor")
    assert [make_id(1), make_id(2), make_id(3)] == await found("rating", Operator.NULL, True)
    assert [make_id(1), make_id(2), make_id(3)] == await found("built_at", Operator.EQ, BUILT)
    assert [] == await found("tags", Operator.HAS, "")
    await store.close()
