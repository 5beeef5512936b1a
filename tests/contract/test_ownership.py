"""Owners: where one is named, only that owner's records are there, in every method and every number."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from estuary.core.errors import NotFound, VersionConflict
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.writes.writes import WriteOptions
from tests.contract.making import (
    LATER,
    insert_all,
    make_id,
    make_record,
    once,
    owned,
    position_of,
    record_of,
    walk,
)
from tests.support.clocks import START
from tests.support.collections import Collection, awaited

HER, HIM = WriteOptions("her"), WriteOptions("him")


def hers(number: int) -> Record:
    """A record of hers."""
    return owned(make_record(number), "her")


def his(number: int) -> Record:
    """A record of his."""
    return owned(make_record(number), "him")


@pytest.fixture
async def items(store: Store) -> Collection:
    """Ten items of hers and his, in turns, the even ones hers; then one without an owner."""
    collection = awaited(store.collection(ITEMS))
    await insert_all(collection, [hers(n) if n % 2 == 0 else his(n) for n in range(10)])
    await collection.insert(make_record(10))
    return collection


async def test_a_record_keeps_its_owner(items: Collection) -> None:
    """Through reads, updates and lists, scoped or not."""
    assert (hers(0), make_record(10)) == (await items.get(make_id(0)), await items.get(make_id(10)))
    changed = await record_of(items.update(make_id(0), {"name": "x"}, LATER))
    assert ("her", 2) == (changed.owner, changed.version)
    assert changed == await items.get(make_id(0), "her") == (await items.page(None, 1))[0]
    assert [changed] == list(await items.page(None, 1, "her")) == (await items.slice(0, 1, "her"))[0]


ASKED: dict[str, Callable[[Collection, str], Awaitable[object]]] = {
    "get": lambda items, record_id: items.get(record_id, "him"),
    "update": lambda items, record_id: items.update(record_id, {"name": "his"}, LATER, HIM),
    "delete": lambda items, record_id: items.delete(record_id, HIM),
    "conditional update": lambda items, record_id: items.update(
        record_id, {}, LATER, WriteOptions("him", 1)
    ),
    "conditional delete": lambda items, record_id: items.delete(record_id, WriteOptions("him", 1)),
    "update of another version": lambda items, record_id: items.update(
        record_id, {}, LATER, WriteOptions("him", 7)
    ),
    "delete of another version": lambda items, record_id: items.delete(record_id, WriteOptions("him", 7)),
    "keyed update": lambda items, record_id: items.update(record_id, {}, LATER, once(owner="him")),
    "keyed delete": lambda items, record_id: items.delete(record_id, once(owner="him")),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
async def test_anothers_record_is_not_found(
    items: Collection, ask: Callable[[Collection, str], Awaitable[object]]
) -> None:
    """Hers, and those without an owner, are to him as an unknown id; they are not changed."""
    before = await walk(items, 20)
    for number in (0, 10, 99):
        with pytest.raises(NotFound):
            await ask(items, make_id(number))
    assert before == await walk(items, 20)


async def test_the_owner_can_do_everything(items: Collection) -> None:
    """Reads and writes, conditional or not, work on one's own records as they do without owners."""
    assert his(1) == await items.get(make_id(1), "him")
    assert 2 == (await record_of(items.update(make_id(1), {"name": "x"}, LATER, HIM))).version
    with pytest.raises(VersionConflict) as conflict:
        await items.update(make_id(1), {}, LATER, WriteOptions("him", 1))
    assert 2 == conflict.value.current
    await items.delete(make_id(1), WriteOptions("him", 2))
    with pytest.raises(NotFound):
        await items.get(make_id(1), "him")


async def test_without_an_owner_everything_can_be_changed(items: Collection) -> None:
    """An unscoped write touches a record of any owner."""
    for number in (0, 1, 10):
        assert 2 == (await record_of(items.update(make_id(number), {}, LATER))).version
        await items.delete(make_id(number))
    assert (8, 4, 4) == (await items.count(), await items.count("her"), await items.count("him"))


async def test_lists_hold_the_owners_records(items: Collection) -> None:
    """Slices with their totals, pages and counts: hers, his, everybody's, and a stranger's none."""
    every = [hers(n) if n % 2 == 0 else his(n) for n in range(10)] + [make_record(10)]
    for owner in (None, "her", "him", "stranger"):
        mine = [record for record in every if owner in (None, record.owner)]
        assert len(mine) == await items.count(owner)
        for offset in (0, 1, 4, 5, 11, 10**6):
            records, total = await items.slice(offset, 2, owner)
            assert (mine[offset : offset + 2], len(mine)) == (list(records), total)
        for limit in (1, 2, 3, 100):
            assert mine == await walk(items, limit, owner)


async def test_a_page_may_start_anywhere(items: Collection) -> None:
    """A position is a place in the order, even if its record has another owner or is deleted."""
    place = position_of(hers(4))
    await items.delete(make_id(4))
    assert [his(5), his(7)] == list(await items.page(place, 2, "him"))
    assert [hers(6), hers(8)] == list(await items.page(place, 9, "her"))


async def test_ties_are_broken_by_id(store: Store) -> None:
    """Records of one moment come in the order of their ids, in one owner's list too."""
    collection = awaited(store.collection(ITEMS))
    records = [owned(make_record(n, START), "her" if n % 3 else "him") for n in range(30)]
    await insert_all(collection, reversed(records))
    for owner in ("her", "him"):
        assert [record for record in records if record.owner == owner] == await walk(collection, 4, owner)


async def test_numbers_follow_every_write(items: Collection) -> None:
    """Totals are exact after inserts and deletes of several owners at once, failed ones included."""
    owners = [f"owner {n}" for n in range(5)]
    await asyncio.gather(
        *(items.insert(owned(make_record(100 + n), owners[n % 5])) for n in range(50)),
        *(items.delete(make_id(n), HER) for n in range(10)),
        return_exceptions=True,
    )
    assert [10] * 5 == [await items.count(owner) for owner in owners]
    assert (0, 5, 56) == (await items.count("her"), await items.count("him"), await items.count())
    await asyncio.gather(*(items.delete(make_id(100 + n), WriteOptions(owners[n % 5])) for n in range(50)))
    assert [0] * 5 == [await items.count(owner) for owner in owners]
    assert (await items.slice(0, 9, owners[0]), 6) == (([], 0), await items.count())


async def test_owners_differ_in_every_character(store: Store) -> None:
    """Case, blanks, wildcards, quotes and scripts count; none is another's pattern."""
    collection = awaited(store.collection(ITEMS))
    owners = [
        "a",
        "A",
        "a ",
        " a",
        "%",
        "_",
        "'",
        '"',
        "\\",
        "é",
        "e\u0301",
        "auth0|5f",
        "x" * 1000,
        "null",
    ]
    records = [owned(make_record(n), owner) for n, owner in enumerate(owners)]
    await insert_all(collection, records)
    for record in records:
        assert ([record], 1) == (
            await walk(collection, 9, record.owner),
            await collection.count(record.owner),
        )
        assert record == await collection.get(record.id, record.owner)


async def test_owners_of_another_resource_do_not_count(items: Collection, vessels: Collection) -> None:
    """Numbers are of one resource."""
    assert (5, 0) == (await items.count("her"), await vessels.count("her"))


async def test_pages_go_past_what_others_have(store: Store) -> None:
    """One record of hers before and behind many of his: her page holds both."""
    collection = awaited(store.collection(ITEMS))
    far = owned(make_record(9999, START + timedelta(days=1)), "her")
    await insert_all(collection, [hers(0), *(his(n) for n in range(1, 200)), far])
    assert [hers(0), far] == list(await collection.page(None, 10, "her"))
    assert [far] == list(await collection.page(position_of(hers(0)), 10, "her"))
    assert ([far], 2) == await collection.slice(1, 10, "her")
