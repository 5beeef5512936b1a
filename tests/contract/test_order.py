"""The order of records, slices, pages and totals, the same on every store."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from estuary.core.errors import NotFound
from estuary.core.record import Position, Record
from tests.contract.making import (
    LATER,
    dice,
    insert_all,
    make_id,
    make_record,
    position_of,
    record_of,
    walk,
)
from tests.support.clocks import START
from tests.support.collections import Collection

TIED_IDS = (
    "0a000000-0000-4000-8000-000000000000",
    "90000000-0000-4000-8000-000000000000",
    "9a000000-0000-4000-8000-000000000000",
    "a0000000-0000-4000-8000-000000000000",
    "a0000000-0000-4000-8000-0000000000ff",
    "ff000000-0000-4000-8000-000000000000",
)
"""In the order of plain characters: digits before letters."""


async def test_ties_are_ordered_by_id(items: Collection) -> None:
    """Records of the same microsecond come in the order of their ids, however they were inserted."""
    for record_id in dice(1).sample(TIED_IDS, len(TIED_IDS)):
        await items.insert(make_record(0, created_at=START, record_id=record_id))
    assert list(TIED_IDS) == [record.id for record in await items.page(None, 10)]
    assert list(TIED_IDS) == [record.id for record in (await items.slice(0, 10))[0]]
    assert list(TIED_IDS) == [record.id for record in await walk(items, 1)]


async def test_many_ties_are_walked_without_loss(items: Collection, many: Callable[[int], int]) -> None:
    """A clock that stands still for thousands of creations makes neither gaps nor repeats."""
    records = [make_record(number, created_at=START) for number in range(many(3000))]
    await insert_all(items, dice(2).sample(records, len(records)))
    assert [record.id for record in records] == [record.id for record in await walk(items, 100)]


async def test_neighbouring_microseconds_are_told_apart(items: Collection) -> None:
    """The order does not round times: one microsecond decides, against the order of ids."""
    records = [make_record(99 - n, created_at=START + timedelta(microseconds=n)) for n in range(5)]
    await insert_all(items, reversed(records))
    assert records == list(await items.page(None, 10))


async def test_records_out_of_time_order_are_put_in_their_places(items: Collection) -> None:
    """A clock that goes back inserts in the middle and at the start."""
    records = [make_record(number) for number in range(2500)]
    await insert_all(items, dice(3).sample(records, len(records)))
    assert records == await walk(items, 100)
    assert (records[1200:1220], 2500) == tuple(await items.slice(1200, 20))


async def test_slices_are_cut_out_of_the_whole_order(items: Collection) -> None:
    """Every slice is what that cut of the walk by pages is, with the exact total."""
    records = [make_record(number) for number in range(50)]
    await insert_all(items, records)
    for offset in range(0, 60, 7):
        for limit in (1, 20, 100):
            found, total = await items.slice(offset, limit)
            assert (records[offset : offset + limit], 50) == (list(found), total)


async def test_slices_follow_every_write(items: Collection) -> None:
    """Far into the order, a slice is right after each insert and delete in front of it."""
    records = [make_record(number) for number in range(1, 1501)]
    await insert_all(items, records)
    assert (records[1400:1402], 1500) == tuple(await items.slice(1400, 2))
    await items.delete(make_id(1))
    assert (records[1401:1403], 1499) == tuple(await items.slice(1400, 2))
    await items.insert(make_record(0))
    assert (records[1400:1402], 1500) == tuple(await items.slice(1400, 2))
    await insert_all(items, [make_record(number) for number in range(1501, 2101)])
    assert ([make_record(2100)], 2100) == tuple(await items.slice(2099, 2))


@pytest.mark.parametrize("offset", [3, 4, 100, 10**6, 2**63 - 1])
async def test_a_slice_beyond_the_end_is_empty(items: Collection, offset: int) -> None:
    """It holds nothing, but the total is right."""
    await insert_all(items, [make_record(number) for number in range(3)])
    found, total = await items.slice(offset, 20)
    assert ([], 3) == (list(found), total)


async def test_an_empty_collection_has_empty_lists(items: Collection) -> None:
    """No records: no slice, no page, no count."""
    found, total = await items.slice(0, 20)
    assert ([], 0) == (list(found), total)
    assert [] == list(await items.page(None, 20))
    assert [] == list(await items.page(position_of(make_record(1)), 20))
    assert 0 == await items.count()


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 49, 50, 51, 101])
async def test_walking_by_pages_equals_the_slices(items: Collection, limit: int) -> None:
    """Pages of any size put together are the whole order."""
    await insert_all(items, [make_record(number) for number in range(50)])
    whole, _ = await items.slice(0, 100)
    assert list(whole) == await walk(items, limit)


async def test_a_page_starts_behind_its_position_whether_or_not_a_record_is_there(
    items: Collection,
) -> None:
    """A position is a place in the order: deleting the record it came from does not move it."""
    records = [make_record(number) for number in range(10)]
    await insert_all(items, records)
    await items.delete(records[4].id)
    assert records[5:7] == list(await items.page(position_of(records[4]), 2))
    before_all = Position(-(2**62), "")
    behind_all = Position(2**62, "")
    assert records[:2] == list(await items.page(before_all, 2))
    assert [] == list(await items.page(behind_all, 2))


async def test_a_position_is_compared_by_time_first_and_id_second(items: Collection) -> None:
    """A page behind a tied record starts at the next id of the same microsecond."""
    await insert_all(items, [make_record(0, created_at=START, record_id=i) for i in TIED_IDS])
    start = position_of(make_record(0, created_at=START)).created_at
    for index, record_id in enumerate(TIED_IDS):
        page = await items.page(Position(start, record_id), 10)
        assert list(TIED_IDS[index + 1 :]) == [record.id for record in page]


async def test_an_update_does_not_move_a_record(items: Collection) -> None:
    """The order is of creation: a changed record is paged where it was, in its new state."""
    await insert_all(items, [make_record(number) for number in range(10)])
    changed = await record_of(items.update(make_id(3), {"name": "changed"}, LATER))
    assert [make_id(number) for number in range(10)] == [record.id for record in await walk(items, 3)]
    assert [changed] == list((await items.slice(3, 1))[0])


async def test_totals_are_exact_after_mixed_writes(items: Collection) -> None:
    """Whatever succeeded or failed in between, the total is the number of records that are there."""
    chance = dice(4)
    present: set[int] = set()
    for number in range(300):
        await items.insert(make_record(number))
        present.add(number)
        victim = chance.randrange(400)
        if victim in present:
            await items.delete(make_id(victim))
            present.remove(victim)
        else:
            with pytest.raises(NotFound):
                await items.delete(make_id(victim))
    whole = await walk(items, 50)
    assert sorted(map(make_id, present)) == [record.id for record in whole]
    assert len(present) == await items.count()
    assert len(present) == (await items.slice(0, 1))[1]


async def test_emptied_and_filled_again(items: Collection, many: Callable[[int], int]) -> None:
    """Removing every record, in any order, leaves an empty collection that works like a new one."""
    records = [make_record(number) for number in range(many(1200))]
    for round_number in range(2):
        await insert_all(items, records)
        for record in dice(round_number).sample(records, len(records)):
            await items.delete(record.id)
        assert ([], 0) == (await walk(items, 100), await items.count())


async def test_lists_are_not_changed_by_later_writes(items: Collection) -> None:
    """A page that was given out stays what it was."""
    records = [make_record(number) for number in range(3)]
    await insert_all(items, records)
    page: list[Record] = list(await items.page(None, 10))
    given = await items.page(None, 10)
    await items.delete(make_id(1))
    await items.insert(make_record(4))
    await items.update(make_id(2), {"name": "changed"}, LATER)
    assert page == list(given)
