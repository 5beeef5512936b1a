"""What list queries cost in memory; what they answer is held in tests/contract."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import Advice, QueryTooExpensive
from estuary.core.queries.conditions import Comparison, Condition, Operator, SortKey
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.memory import MemoryStore
from tests.contract.making import dice, make_id
from tests.support.clocks import START
from tests.support.queries import MOORINGS, Mooring, mooring
from tests.support.query_model import ordered

NAMED_A = Comparison("name", Operator.CONTAINS, "a")
BY_RINGS = (SortKey("rings", True), SortKey("name"))


def numbered(number: int) -> Record:
    """A record whose place in most orders is that of its number."""
    moment = START + timedelta(microseconds=number)
    value = Mooring(
        name=f"{number:07}", depth=number, length=1.0, free=True, since=moment, side="port", tags=[]
    )
    return Record(make_id(number), 1, moment, moment, value)


async def holding(records: Sequence[Record]) -> MemoryStore:
    """An open store that holds `records`."""

    async def batches() -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
        yield MOORINGS, records

    store = MemoryStore([MOORINGS])
    await store.open()
    await store.load(batches(), replace=False)
    return store


def asked(*where: Condition, sort: tuple[SortKey, ...] = (), counted: bool = False) -> ListQuery:
    """The first page of what is asked for."""
    return ListQuery(20, None, counted=counted, where=where, sort=sort)


@pytest.mark.parametrize("size", [1_000, 30_000])
async def test_a_served_page_costs_by_its_length(size: int) -> None:
    """It does not grow with the table, once the order is there: counted in steps, not in time."""
    moorings = (await holding([numbered(number) for number in range(size)])).collection(MOORINGS)
    query = asked(Comparison("name", Operator.GTE, f"{size // 2:07}"), sort=(SortKey("name"),))
    await settled(moorings.list(query))
    steps = 0

    def count_step(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count_step)
    try:
        page = moorings.list(query)
    finally:
        sys.setprofile(None)
    assert isinstance(page, ListResult)
    assert [make_id(size // 2 + number) for number in range(20)] == [one.id for one in page.records]
    assert steps < 600


async def test_more_records_than_may_be_looked_at() -> None:
    """Where all have to be looked at, more than 100,000 are refused with the index that would serve it."""
    records = [numbered(number) for number in range(100_001)]
    moorings = (await holding(records)).collection(MOORINGS)
    with pytest.raises(QueryTooExpensive) as refused:
        await settled(moorings.list(asked(sort=(SortKey("depth", True),))))
    assert Advice(("-depth",)) == refused.value.advice
    with pytest.raises(QueryTooExpensive) as refused:
        await settled(moorings.list(asked(NAMED_A)))
    assert Advice() == refused.value.advice
    with pytest.raises(QueryTooExpensive):
        await settled(moorings.list(asked(Comparison("depth", Operator.GTE, 0), counted=True)))
    # A page that is full before is given, and one record less is not too much.
    page = await settled(moorings.list(asked(Comparison("depth", Operator.GTE, 99_980))))
    assert records[99_980:100_000] == list(page.records)
    moorings.delete(records[0].id)
    found = await settled(moorings.list(asked(sort=(SortKey("depth", True),))))
    assert records[:-21:-1] == list(found.records)


@pytest.mark.parametrize("query", [asked(NAMED_A), asked(sort=(SortKey("depth"),), counted=True)])
async def test_others_are_let_in_while_records_are_looked_at(query: ListQuery) -> None:
    """And what they write changes nothing of a list that was asked for before."""
    records = [numbered(number) for number in range(30_000)]
    moorings = (await holding(records)).collection(MOORINGS)
    looking = asyncio.ensure_future(settled(moorings.list(query)))
    turns = 0
    while not looking.done():
        await asyncio.sleep(0)
        if turns < len(records):
            moorings.delete(records[turns].id)
        turns += 1
    assert turns > 4
    assert ordered(records, query)[:20] == list((await looking).records)


async def test_an_order_is_made_little_by_little_past_writes() -> None:
    """What is added, changed and deleted meanwhile is in it, in front of and behind what is done."""
    chance = dice(5)
    held = {make_id(number): mooring(chance, make_id(number)) for number in range(3_000)}
    moorings = (await holding(list(held.values()))).collection(MOORINGS)
    query = ListQuery(5_000, 0, sort=BY_RINGS)
    making = asyncio.ensure_future(settled(moorings.list(query)))
    number = 10_000
    while not making.done():
        await asyncio.sleep(0)
        for record_id in chance.sample(sorted(held), 20):
            moorings.delete(record_id)
            del held[record_id]
        for record_id in chance.sample(sorted(held), 20):
            changes = {"rings": chance.choice([None, 0, 5]), "name": chance.choice("abc")}
            changed = moorings.update(record_id, changes, START)
            assert changed.record is not None
            held[record_id] = changed.record
        for _ in range(20):
            number += 1
            held[make_id(number)] = mooring(chance, make_id(number))
            moorings.insert(held[make_id(number)])
    await making
    found = moorings.list(query)
    assert isinstance(found, ListResult)
    assert ordered(list(held.values()), query) == list(found.records)
    assert len(held) == found.total
