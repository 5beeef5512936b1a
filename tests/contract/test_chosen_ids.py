"""New records under ids that clients chose: one wins, and no version under an id ever comes again."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace

from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    PreconditionFailed,
    RecordExists,
    VersionConflict,
    WriteRefused,
)
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import Delete, Insert, WriteOptions
from tests.contract.making import LATER, expecting, make_id, make_record, once, owned, record_of
from tests.support.collections import Collection

CHOSEN = WriteOptions(client_id=True)
RECORD = make_record(1)


async def test_a_free_id_is_taken(items: Collection) -> None:
    """The first version is 1, as that of any new record."""
    assert Written(RECORD) == await items.insert(RECORD, CHOSEN)
    assert RECORD == await items.get(RECORD.id)
    assert 1 == await items.count()


@pytest.mark.parametrize("owner", ["", "her", "him"])
async def test_a_taken_one_is_refused(items: Collection, owner: str) -> None:
    """Whose the record is does not matter, and the refusal is the same: neither version nor owner."""
    await items.insert(owned(RECORD, owner))
    with pytest.raises(RecordExists) as refused:
        await items.insert(
            owned(make_record(1, LATER, "other"), "him"), WriteOptions("him", client_id=True)
        )
    assert isinstance(refused.value, PreconditionFailed)
    assert not isinstance(refused.value, VersionConflict)
    assert (RECORD.id,) == refused.value.args
    assert owned(RECORD, owner) == await items.get(RECORD.id)


async def test_versions_go_on_where_a_deleted_record_stopped(items: Collection) -> None:
    """However often: what expected a version of the one before finds another."""
    await items.insert(RECORD)
    await items.update(RECORD.id, {"name": "changed"}, LATER)
    await items.delete(RECORD.id)
    again = make_record(1, LATER, "again")
    assert Written(again.at_version(3)) == await items.insert(again, CHOSEN)
    assert again.at_version(3) == await items.get(RECORD.id)
    for version in (1, 2):
        with pytest.raises(VersionConflict):
            await items.update(RECORD.id, {"name": "stale"}, LATER, expecting(version))
    await items.delete(RECORD.id, expecting(3))
    assert again.at_version(4) == await record_of(items.insert(again, CHOSEN))


async def test_a_write_with_a_key_is_made_once(items: Collection) -> None:
    """Sent again it returns what it left behind, although the id is taken now."""
    keyed = replace(once(), client_id=True)
    assert Written(RECORD) == await items.insert(RECORD, keyed)
    assert Written(RECORD, replayed=True) == await items.insert(RECORD, keyed)
    with pytest.raises(RecordExists):
        await items.insert(RECORD, replace(once("other"), client_id=True))


async def test_a_key_remembers_the_version_that_it_went_on_at(items: Collection) -> None:
    """The snapshot is of the record as kept."""
    await items.insert(RECORD)
    await items.delete(RECORD.id)
    keyed = replace(once(), client_id=True)
    again = RECORD.at_version(2)
    assert Written(again) == await items.insert(RECORD, keyed)
    assert Written(again, replayed=True) == await items.insert(RECORD, keyed)


async def test_of_many_at_once_one_wins(items: Collection) -> None:
    """All others are told that the id is taken."""
    outcomes = await asyncio.gather(
        *(items.insert(make_record(1, name=f"{n}"), CHOSEN) for n in range(32)), return_exceptions=True
    )
    won = [each for each in outcomes if isinstance(each, Written)]
    assert (1, 31) == (len(won), sum(isinstance(each, RecordExists) for each in outcomes))
    assert won[0].record == await items.get(RECORD.id)


async def test_no_version_comes_twice_among_racing_writers(items: Collection) -> None:
    """Of those who create and delete under one id at once, each creates a version of its own."""

    async def work() -> list[int]:
        versions: list[int] = []
        for _ in range(6):
            try:
                versions.append((await record_of(items.insert(RECORD, CHOSEN))).version)
                await items.delete(RECORD.id)
            except EstuaryError:
                continue
        return versions

    made = sorted(version for each in await asyncio.gather(*(work() for _ in range(6))) for version in each)
    assert list(range(1, len(made) + 1)) == made


async def test_it_is_one_of_several_writes(store: Store, items: Collection) -> None:
    """Later ones see what earlier ones did, and all are undone where one is refused."""
    chosen = Insert("items", RECORD, CHOSEN)
    written = await settled(store.transact([chosen, Delete("items", RECORD.id), chosen]))
    assert [Written(RECORD), Written(None), Written(RECORD.at_version(2))] == list(written)
    with pytest.raises(WriteRefused) as refused:
        await settled(store.transact([Insert("items", make_record(2), CHOSEN), chosen]))
    assert (1, RecordExists) == (refused.value.index, type(refused.value.refusal))
    assert 1 == await items.count()


async def test_a_refused_one_leaves_the_id_free(store: Store, items: Collection) -> None:
    """And the version where it was."""
    chosen = Insert("items", RECORD, CHOSEN)
    with pytest.raises(WriteRefused):
        await settled(store.transact([chosen, Delete("items", make_id(7))]))
    assert Written(RECORD) == await items.insert(RECORD, CHOSEN)


async def test_a_load_begins_a_new_history(store: Store, items: Collection) -> None:
    """What was deleted before is forgotten where all records are replaced."""
    await items.insert(RECORD)
    await items.delete(RECORD.id)

    async def batches() -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
        yield ITEMS, [make_record(2)]

    await store.load(batches(), replace=True)
    assert Written(RECORD) == await items.insert(RECORD, CHOSEN)
