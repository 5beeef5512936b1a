"""Several writes are one: all of them are made, or none, whichever cannot be."""

import asyncio
from collections.abc import Sequence

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    NotFound,
    StoreQueryFailed,
    StoreUnavailable,
    VersionConflict,
    WriteRefused,
)
from estuary.core.items import ITEMS, Item
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.writes.writes import Delete, Insert, Update, Write, WriteOptions
from tests.contract.making import LATER, dice, expecting, make_id, make_record, owned, record_of
from tests.support.collections import Collection, awaited
from tests.support.resources import vessel

SHIP = Record(make_id(9), 1, LATER, LATER, vessel())


async def transact(store: Store, writes: Sequence[Write]) -> Sequence[Written]:
    """Make `writes`."""
    return await settled(store.transact(writes))


def renamed(number: int, name: str, options: WriteOptions | None = None) -> Update:
    """Another name for an item."""
    return Update("items", make_id(number), {"name": name}, LATER, options or WriteOptions())


async def test_what_is_undone_leaves_no_version(store: Store, items: Collection) -> None:
    """A record whose delete was undone, or a dry run, is at the version at which it would have been."""
    chosen = WriteOptions(client_id=True)
    passing: list[Write] = [
        Insert("items", make_record(1), chosen),
        renamed(1, "x"),
        Delete("items", make_id(1)),
    ]
    await settled(store.transact(passing, dry_run=True))
    with pytest.raises(WriteRefused):
        await transact(store, [*passing, renamed(7, "none")])
    assert 1 == (await record_of(items.insert(make_record(1), chosen))).version


async def test_all_are_made_in_their_order(store: Store, items: Collection, vessels: Collection) -> None:
    """Over resources; later ones see what earlier ones did, and each returns what it left behind."""
    await items.insert(make_record(1))
    written = await transact(
        store,
        [
            Insert("items", make_record(2)),
            renamed(2, "second", expecting(1)),
            Insert("vessels", SHIP),
            Delete("items", make_id(1), expecting(1)),
            renamed(2, "third", expecting(2)),
        ],
    )
    made = make_record(2)
    changed = [
        Record(made.id, version, made.created_at, LATER, Item(name))
        for version, name in ((2, "second"), (3, "third"))
    ]
    assert [Written(each) for each in (made, changed[0], SHIP, None, changed[1])] == list(written)
    assert ([changed[1]], 1) == tuple(map(_plain, await items.slice(0, 20)))
    assert ([SHIP], 1) == tuple(map(_plain, await vessels.slice(0, 20)))


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Sequence) else value


async def test_none_are_made_of_none(store: Store, items: Collection) -> None:
    """Nothing asked is nothing done."""
    assert [] == list(await transact(store, []))
    assert 0 == await items.count()


REFUSED: dict[str, tuple[Write, type[EstuaryError]]] = {
    "an id that is taken": (Insert("items", make_record(1)), StoreQueryFailed),
    "an update of what is not there": (renamed(7, "x"), NotFound),
    "an update of another version": (renamed(1, "x", expecting(5)), VersionConflict),
    "an update of another owner's": (renamed(3, "x", WriteOptions("him")), NotFound),
    "a removal of what is not there": (Delete("items", make_id(7)), NotFound),
    "a removal of another version": (Delete("items", make_id(1), expecting(5)), VersionConflict),
    "a removal of another owner's": (Delete("items", make_id(3), WriteOptions("him")), NotFound),
}


@pytest.mark.parametrize(("refused", "error"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("index", [0, 2, 4])
async def test_where_one_cannot_be_made_none_is(
    store: Store,
    items: Collection,
    vessels: Collection,
    refused: Write,
    error: type[EstuaryError],
    index: int,
) -> None:
    """The error has its place, and why; records, lists and totals are as they were, for owners too."""
    before = [make_record(1), make_record(2), owned(make_record(3), "her")]
    for record in before:
        await items.insert(record)
    writes: list[Write] = [
        Insert("items", owned(make_record(4), "her")),
        renamed(2, "changed"),
        Delete("items", make_id(3), WriteOptions("her")),
        Insert("vessels", SHIP),
    ]
    writes.insert(index, refused)
    with pytest.raises(WriteRefused) as raised:
        await transact(store, writes)
    assert (index, error) == (raised.value.index, type(raised.value.refusal))
    assert (before, 3) == tuple(map(_plain, await items.slice(0, 20)))
    assert (before[2:], 1) == tuple(map(_plain, await items.slice(0, 20, "her")))
    assert (0, before[1]) == (await vessels.count(), await items.get(make_id(2)))


async def test_what_was_read_before_is_not_read_afterwards(store: Store, items: Collection) -> None:
    """A cache forgets every record that was written."""
    for number in (1, 2):
        await items.insert(make_record(number))
        await items.get(make_id(number))
    await transact(store, [renamed(1, "changed"), Delete("items", make_id(2))])
    assert 2 == (await items.get(make_id(1))).version
    with pytest.raises(NotFound):
        await items.get(make_id(2))


async def test_many_at_once_over_the_same_records(store: Store, items: Collection) -> None:
    """In whatever order each writes: none fails, each is made whole, and no write is lost."""
    numbers, transactions = list(range(6)), 24
    for number in numbers:
        await items.insert(make_record(number))
    chance = dice(1)
    orders = [chance.sample(numbers, len(numbers)) for _ in range(transactions)]
    outcomes = await asyncio.gather(
        *(
            transact(store, [renamed(number, f"{turn}") for number in order])
            for turn, order in enumerate(orders)
        )
    )
    assert [len(numbers)] * transactions == [len(each) for each in outcomes]
    records, _ = await items.slice(0, 20)
    assert [transactions + 1] * len(numbers) == [record.version for record in records]
    assert 1 == len({record.value for record in records})


async def test_a_closed_store_makes_none(store: Store) -> None:
    """It is not one of the writes that is refused."""
    await store.close()
    with pytest.raises(StoreUnavailable):
        await transact(store, [Insert("items", make_record(1))])


async def test_they_are_there_when_the_store_is_opened_again(store: Store, kind_is_durable: bool) -> None:
    """As a single write is, where the store is durable."""
    await transact(store, [Insert("items", make_record(1)), Insert("items", make_record(2))])
    await store.close()
    await store.open()
    assert (2 if kind_is_durable else 0) == await awaited(store.collection(ITEMS)).count()
