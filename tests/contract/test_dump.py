"""What a store dumps is all it holds, as of one moment, and another store can take it in."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest

from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.ports import Collection, Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.memory import MemoryStore
from tests.contract.conftest import RESOURCES
from tests.contract.making import LATER, PATIENCE, insert_all, make_id, make_record, walk
from tests.contract.stores import StoreKind
from tests.support.clocks import START
from tests.support.resources import BUILT, VESSELS, vessel

FULL = vessel(
    name="Ægir 🦆",
    call_sign="AB1",
    crew=7,
    keel_number=2**53 - 1,
    draught=0.1,
    cargo_value=1e300,
    in_port=True,
    surveyed_at=BUILT,
    rig="steam",
    berth="b",
    rating=5,
    tags=["a", ""],
    notes=[],
)
"""A vessel with something in every field."""

Batches = AsyncIterator[tuple[Resource, Sequence[Record]]]


async def dumped(store: Store) -> dict[str, list[Record]]:
    """All that `store` dumps, by resource."""
    found: dict[str, list[Record]] = {resource.name: [] for resource in RESOURCES}
    async for resource, records in store.dump():
        found[resource.name] += records
    return found


def owned(number: int, owner: str) -> Record:
    """An item of `owner` that was written to before."""
    made = make_record(number)
    return Record(made.id, number + 1, made.created_at, LATER, made.value, owner)


async def test_an_empty_store_dumps_nothing(store: Store) -> None:
    """Not a record of any resource."""
    assert {"items": [], "vessels": []} == await dumped(store)


async def test_every_record_is_dumped_in_its_order(store: Store) -> None:
    """Whole records of every resource, more than fit any batch, whatever the order they came in."""
    items = [owned(number, "somebody" if number % 2 else "") for number in range(2500)]
    ships = [Record(make_id(number), 3, START, LATER, FULL, "a pilot") for number in range(3)]

    async def batches() -> Batches:
        yield ITEMS, items[1000:]
        yield VESSELS, ships
        yield ITEMS, items[:1000]

    await store.load(batches(), replace=False)
    assert {"items": items, "vessels": ships} == await dumped(store)


async def test_another_store_takes_in_what_was_dumped(
    store: Store, items: Collection, vessels: Collection
) -> None:
    """Through a store of another kind and back: ids, versions, times, owners and values are the same."""
    await insert_all(items, [owned(number, "somebody") for number in range(20)])
    await vessels.insert(Record(make_id(1), 1, START, START, FULL))
    before = await dumped(store)
    other = MemoryStore(RESOURCES)
    await other.open()
    async with aclosing(store.dump()) as batches:
        assert 21 == await other.load(batches, replace=False)
    await items.delete(make_id(3))
    await vessels.update(make_id(1), {"name": "Other"}, LATER)
    async with aclosing(other.dump()) as batches:
        assert 21 == await store.load(batches, replace=True)
    assert before == await dumped(store)
    assert before["items"] == await walk(items, 7)


async def test_a_dump_shows_one_moment(store: Store, items: Collection, kind: StoreKind) -> None:
    """What is written while it is read is not in it; nobody who writes waits for its end.

    An engine without snapshots, by its exemption, at least gives what was there all the time, once.
    """
    before = [make_record(number) for number in range(2500)]

    async def batches() -> Batches:
        yield ITEMS, before

    await store.load(batches(), replace=False)
    seen: list[Record] = []
    async with aclosing(store.dump()) as dump:
        async for _, records in dump:
            seen += records
            async with asyncio.timeout(PATIENCE):
                await items.update(make_id(2499), {"name": f"changed {len(seen)}"}, LATER)
                await items.insert(make_record(5000 + len(seen)))
                if len(seen) < 2000:
                    await items.delete(make_id(1500 + len(seen) // 1000))
    if kind.dumps_one_moment:
        assert before == seen
    else:
        untouched = [make_record(number) for number in range(1500)]
        assert untouched == [record for record in seen if record in untouched]


async def test_a_dump_can_be_left(store: Store, items: Collection) -> None:
    """Whoever has seen enough lets go, and the store goes on."""
    await insert_all(items, [make_record(number) for number in range(5)])
    async with aclosing(store.dump()) as batches:
        async for _, _ in batches:
            break
    assert 5 == await items.count()
    assert 5 == len((await dumped(store))["items"])


async def test_a_store_that_is_not_open_dumps_nothing(unopened: Store) -> None:
    """Before `open` and after `close` it is unavailable."""
    with pytest.raises(StoreUnavailable):
        await dumped(unopened)
    await unopened.open()
    await unopened.close()
    with pytest.raises(StoreUnavailable):
        await dumped(unopened)
