"""Many callers at once: exactly one wins, and no list loses or repeats a record."""

import asyncio
from datetime import timedelta

import pytest

from estuary.core.errors import NotFound, StoreQueryFailed, VersionConflict
from estuary.core.items import Item
from estuary.core.record import Written
from tests.contract.making import (
    LATER,
    dice,
    expecting,
    insert_all,
    make_id,
    make_record,
    pages,
    position_of,
    record_of,
)
from tests.support.clocks import START
from tests.support.collections import Collection

WRITERS = 50


async def test_exactly_one_of_many_conditional_updates_wins(items: Collection) -> None:
    """Of 50 writers that expect the same version one succeeds; each other is told the version it made."""
    await items.insert(make_record(1))
    outcomes = await asyncio.gather(
        *(items.update(make_id(1), {"name": f"writer {n}"}, LATER, expecting(1)) for n in range(WRITERS)),
        return_exceptions=True,
    )
    conflicts = [outcome for outcome in outcomes if isinstance(outcome, VersionConflict)]
    winners = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert (1, WRITERS - 1) == (len(winners), len(conflicts))
    assert {2} == {conflict.current for conflict in conflicts}
    assert winners[0].record == await items.get(make_id(1))


async def test_of_inserts_at_once_only_the_one_that_is_refused_fails(items: Collection) -> None:
    """An id that is taken, which no use case asks for, is nothing to those that came with it."""
    await items.insert(make_record(WRITERS // 2, name="first"))
    outcomes = await asyncio.gather(
        *(items.insert(make_record(number)) for number in range(WRITERS)), return_exceptions=True
    )
    failed = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, StoreQueryFailed)]
    assert [WRITERS // 2] == failed
    assert WRITERS == await items.count()
    kept = await items.page(None, WRITERS + 1)
    assert [make_record(n, name="first" if n in failed else None) for n in range(WRITERS)] == kept


async def test_exactly_one_of_many_conditional_deletes_wins(items: Collection) -> None:
    """Of 50 that expect the same version one removes the record; the others find nothing."""
    await items.insert(make_record(1))
    outcomes = await asyncio.gather(
        *(items.delete(make_id(1), expecting(1)) for _ in range(WRITERS)), return_exceptions=True
    )
    assert 1 == outcomes.count(Written(None))
    assert WRITERS - 1 == sum(isinstance(outcome, NotFound) for outcome in outcomes)
    assert 0 == await items.count()


async def test_an_update_and_a_delete_that_expect_the_same_version_do_not_both_win(
    items: Collection,
) -> None:
    """Whichever comes second fails."""
    for number in range(20):
        await items.insert(make_record(number))
        outcomes = await asyncio.gather(
            items.update(make_id(number), {"name": "kept"}, LATER, expecting(1)),
            items.delete(make_id(number), expecting(1)),
            return_exceptions=True,
        )
        assert 1 == sum(isinstance(outcome, NotFound | VersionConflict) for outcome in outcomes)


async def test_no_unconditional_update_is_lost(items: Collection) -> None:
    """50 updates at once are 50 versions, and one of them is the last."""
    await items.insert(make_record(1))
    outcomes = await asyncio.gather(
        *(record_of(items.update(make_id(1), {"name": f"writer {n}"}, LATER)) for n in range(WRITERS))
    )
    assert list(range(2, WRITERS + 2)) == sorted(record.version for record in outcomes)
    last = max(outcomes, key=lambda record: record.version)
    assert last == await items.get(make_id(1))


async def test_updates_of_different_fields_keep_each_other(items: Collection) -> None:
    """Two at once that set different fields are both in the record: no read-modify-write loses one."""
    await items.insert(make_record(1))
    await asyncio.gather(
        items.update(make_id(1), {"name": "named"}, LATER),
        items.update(make_id(1), {"description": "described"}, LATER),
    )
    record = await items.get(make_id(1))
    assert (3, Item("named", "described")) == (record.version, record.value)


async def test_only_one_of_many_inserts_with_the_same_id_is_kept(items: Collection) -> None:
    """The total counts it once."""
    await asyncio.gather(
        *(items.insert(make_record(1, name=f"writer {n}")) for n in range(WRITERS)), return_exceptions=True
    )
    assert (1, 1) == (await items.count(), len(await items.page(None, 100)))


async def test_a_written_record_is_read_at_once(items: Collection) -> None:
    """Each caller sees its own write, in whatever way it asks, while others write."""

    async def write_and_read(number: int) -> None:
        record = make_record(number)
        await items.insert(record)
        assert record == await items.get(record.id)
        changed = await record_of(items.update(record.id, {"name": "changed"}, LATER))
        assert changed == await items.get(record.id)
        before = position_of(make_record(number - 1))
        assert [changed] == list(await items.page(before, 1))
        await items.delete(record.id)
        with pytest.raises(NotFound):
            await items.get(record.id)

    await asyncio.gather(*(write_and_read(number) for number in range(2, 100, 2)))
    assert 0 == await items.count()


@pytest.mark.parametrize("seed", range(3))
async def test_pages_never_skip_or_repeat_what_was_there_throughout(items: Collection, seed: int) -> None:
    """Inserts and deletes before, at and behind the cursor change nothing for the other records."""
    chance = dice(seed)
    lasting = [make_record(2 * number) for number in range(120)]
    passing = [make_record(2 * number + 1) for number in range(120)]
    await insert_all(items, lasting + passing[:60])
    doomed, coming = passing[:60], passing[60:]
    seen: list[str] = []
    async for page in pages(items, 7):
        seen += [record.id for record in page]
        # The record the cursor came from goes first, where it may.
        if page[-1] in doomed:
            doomed.remove(page[-1])
            await items.delete(page[-1].id)
        for _ in range(min(2, len(doomed))):
            await items.delete(doomed.pop(chance.randrange(len(doomed))).id)
        for _ in range(min(2, len(coming))):
            await items.insert(coming.pop(chance.randrange(len(coming))))
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)
    assert [record.id for record in lasting] == [i for i in seen if int(i[-4:], 16) % 2 == 0]


async def test_an_updated_record_is_paged_once(items: Collection) -> None:
    """Updates during a walk move nothing: each record comes once, in its old or its new state."""
    await insert_all(items, [make_record(number) for number in range(60)])
    seen: list[str] = []
    async for page in pages(items, 7):
        seen += [record.id for record in page]
        for number in (0, len(seen) - 1, len(seen), 59):
            if number < 60:
                await items.update(make_id(number), {"name": "changed"}, START + timedelta(days=1))
    assert [make_id(number) for number in range(60)] == seen


async def test_slice_and_total_are_of_one_moment(items: Collection) -> None:
    """Under concurrent inserts a slice of everything is as long as its total says."""

    async def insert_many() -> None:
        for number in range(60):
            await items.insert(make_record(number))

    writing = asyncio.create_task(insert_many())
    while not writing.done():
        found, total = await items.slice(0, 100)
        assert total == len(found)
        await asyncio.sleep(0)
    await writing
