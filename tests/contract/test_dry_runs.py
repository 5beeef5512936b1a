"""Dry runs: they return or raise what the write would, and leave nothing."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    IdempotencyKeyReused,
    NotFound,
    RecordExists,
    VersionConflict,
    WriteRefused,
)
from estuary.core.items import ITEMS, Item
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.writes import writes as core_writes
from estuary.core.writes.writes import Delete, Insert, Update, WriteOptions
from tests.contract.making import LATER, make_id, make_record, once, owned
from tests.support.collections import Collection, awaited

Write = Callable[[Collection, WriteOptions], Awaitable[Written]]

RECORD = make_record(1)
CHANGED = Record(RECORD.id, 2, RECORD.created_at, LATER, Item("changed"))
WRITES: dict[str, Write] = {
    "insert": lambda items, options: items.insert(make_record(2), options),
    "chosen": lambda items, options: items.insert(make_record(2), replace(options, client_id=True)),
    "update": lambda items, options: items.update(RECORD.id, {"name": "changed"}, LATER, options),
    "patch": lambda items, options: items.update(
        RECORD.id, {"name": "changed"}, LATER, replace(options, if_changed=True)
    ),
    "delete": lambda items, options: items.delete(RECORD.id, options),
}
LEFT = {
    "insert": make_record(2),
    "chosen": make_record(2),
    "update": CHANGED,
    "patch": CHANGED,
    "delete": None,
}
every_write = pytest.mark.parametrize("name", WRITES)


@pytest.fixture
async def items(store: Store) -> Collection:
    """The items of the open store: the record 1."""
    collection = awaited(store.collection(ITEMS))
    await collection.insert(RECORD)
    return collection


async def unchanged(items: Collection) -> bool:
    """Whether there is the record 1 and no other."""
    return [RECORD] == list(await items.page(None, 20)) and 1 == await items.count()


@every_write
async def test_it_tells_what_would_be_and_leaves_nothing(items: Collection, name: str) -> None:
    """Any number of times, and the write itself can then be made."""
    for _ in range(2):
        assert Written(LEFT[name], made=False) == await WRITES[name](items, WriteOptions(dry_run=True))
        assert await unchanged(items)
    assert Written(LEFT[name]) == await WRITES[name](items, WriteOptions())


@every_write
async def test_it_keeps_no_key(items: Collection, name: str) -> None:
    """Not its own; the same key is then free for another write."""
    assert Written(LEFT[name], made=False) == await WRITES[name](items, replace(once(), dry_run=True))
    assert await unchanged(items)
    assert Written(LEFT[name]) == await WRITES[name](items, once(fingerprint="other"))


@every_write
async def test_it_finds_the_key_of_a_write(items: Collection, name: str) -> None:
    """The key of a write that was made: a dry run returns what a replay would, or refuses another write."""
    await WRITES[name](items, once())
    after = list(await items.page(None, 20))
    replayed = Written(LEFT[name], replayed=True)
    assert replayed == await WRITES[name](items, replace(once(), dry_run=True))
    with pytest.raises(IdempotencyKeyReused):
        await WRITES[name](items, replace(once(fingerprint="other"), dry_run=True))
    assert after == list(await items.page(None, 20))


REFUSED: dict[str, tuple[Write, type[EstuaryError]]] = {
    "taken": (
        lambda items, options: items.insert(RECORD, replace(options, client_id=True)),
        RecordExists,
    ),
    "stale": (
        lambda items, options: items.update(RECORD.id, {}, LATER, replace(options, expected_version=7)),
        VersionConflict,
    ),
    "foreign": (
        lambda items, options: items.delete(RECORD.id, replace(options, owner="him")),
        NotFound,
    ),
    "missing": (lambda items, options: items.delete(make_id(9), options), NotFound),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_it_is_refused_as_the_write_would_be(items: Collection, name: str) -> None:
    """With a key or without one."""
    write, error = REFUSED[name]
    for options in (WriteOptions(dry_run=True), replace(once(), dry_run=True)):
        with pytest.raises(error):
            await write(items, options)
    assert await unchanged(items)


async def test_several_are_tried_together(store: Store, items: Collection) -> None:
    """Later ones see what earlier ones would do; the refusal names the first that cannot be made."""
    writes: list[core_writes.Write] = [
        Insert("items", make_record(2), WriteOptions(client_id=True)),
        Update("items", RECORD.id, {"name": "changed"}, LATER),
        Delete("items", RECORD.id, WriteOptions(expected_version=2)),
    ]
    reported = [
        Written(make_record(2), made=False),
        Written(CHANGED, made=False),
        Written(None, made=False),
    ]
    assert reported == list(await settled(store.transact(writes, dry_run=True)))
    assert await unchanged(items)
    with pytest.raises(WriteRefused) as refused:
        await settled(store.transact([*writes, Delete("items", RECORD.id)], dry_run=True))
    assert (3, NotFound) == (refused.value.index, type(refused.value.refusal))
    assert await unchanged(items)


async def test_beside_other_writers_each_is_what_it_is(items: Collection) -> None:
    """A dry run that shares a commit with a write undoes itself alone."""
    tried = (items.insert(make_record(100 + n), WriteOptions(dry_run=True)) for n in range(16))
    written = (items.insert(make_record(200 + n)) for n in range(16))
    made = await asyncio.gather(*(each for pair in zip(tried, written, strict=True) for each in pair))
    assert [False, True] * 16 == [each.made for each in made]
    assert [1, *range(200, 216)] == [int(each.id[-3:], 16) for each in await items.page(None, 50)]


async def test_another_owners_record_is_not_there(items: Collection) -> None:
    """A dry run discloses no more than the write would."""
    await items.insert(owned(make_record(3), "her"))
    for write in (
        items.update(make_id(3), {}, LATER, WriteOptions("him", dry_run=True)),
        items.update(make_id(3), {}, LATER, WriteOptions("him", 1, dry_run=True, if_changed=True)),
    ):
        with pytest.raises(NotFound):
            await write
