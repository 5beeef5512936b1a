"""What a snapshot of a store holds is all of it, as of one moment, and another store can take it in."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from estuary.core.errors import StoreSchemaMismatch, StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.sources import Row, Source
from estuary.stores.memory import MemoryStore
from tests.contract.conftest import RESOURCES
from tests.contract.making import LATER, TIMEOUT, insert_all, make_id, make_record, walk
from tests.contract.stores import STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.resources import BUILT, VESSELS, WRECKS, vessel

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
SOURCES = [kind for kind in STORES if kind.copied]


@pytest.fixture(params=SOURCES, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> StoreKind:
    """The store under test, one that can be copied from."""
    chosen: StoreKind = request.param
    return chosen


@pytest.fixture
def source(unopened: Store) -> Source:
    """The same store as a source; that it is open makes no difference."""
    assert isinstance(unopened, Source)
    return unopened


async def dumped(source: Source) -> dict[str, list[Record]]:
    """All that a snapshot holds, by resource."""
    found: dict[str, list[Record]] = {}
    async with source.snapshot() as snapshot:
        for resource in RESOURCES:
            found[resource.name] = []
            async for records in snapshot.records(resource):
                found[resource.name] += records
    return found


async def batches_of(source: Source) -> Batches:
    """A snapshot as `load` takes it."""
    async with source.snapshot() as snapshot:
        for resource in RESOURCES:
            async for records in snapshot.records(resource):
                yield resource, records


def owned(number: int, owner: str) -> Record:
    """An item of `owner` that was written to before."""
    made = make_record(number)
    return Record(made.id, number + 1, made.created_at, LATER, made.value, owner)


@pytest.mark.usefixtures("store")
async def test_an_empty_store_has_an_empty_snapshot(source: Source) -> None:
    """Not a record of any resource, nor one that is not declared."""
    assert {"items": [], "vessels": []} == await dumped(source)
    survey = await source.survey()
    assert (0, {}, {}) == (survey.records, survey.undeclared, survey.columns)


async def test_every_record_is_there_in_its_order(store: Store, source: Source) -> None:
    """Whole records of every resource, more than fit any batch, whatever the order they came in."""
    items = [owned(number, "somebody" if number % 2 else "") for number in range(2500)]
    ships = [Record(make_id(number), 3, START, LATER, FULL, "a pilot") for number in range(3)]

    async def batches() -> Batches:
        yield ITEMS, items[1000:]
        yield VESSELS, ships
        yield ITEMS, items[:1000]

    await store.load(batches(), replace=False)
    assert {"items": items, "vessels": ships} == await dumped(source)
    assert 2503 == (await source.survey()).records


async def test_another_store_takes_in_what_was_dumped(
    store: Store, source: Source, items: Collection, vessels: Collection
) -> None:
    """Through a store of another kind and back: ids, versions, times, owners and values are the same."""
    await insert_all(items, [owned(number, "somebody") for number in range(20)])
    await vessels.insert(Record(make_id(1), 1, START, START, FULL))
    before = await dumped(source)
    other = MemoryStore(RESOURCES)
    await other.open()
    assert 21 == await other.load(batches_of(source), replace=False)
    await items.delete(make_id(3))
    await vessels.update(make_id(1), {"name": "Other"}, LATER)

    async def kept() -> Batches:
        yield ITEMS, await walk(awaited(other.collection(ITEMS)), 7)
        yield VESSELS, await walk(awaited(other.collection(VESSELS)), 7)

    assert 21 == await store.load(kept(), replace=True)
    assert before == await dumped(source)
    assert before["items"] == await walk(items, 7)


async def test_a_snapshot_shows_one_moment(
    store: Store, source: Source, items: Collection, kind: StoreKind
) -> None:
    """What is written while it is read is not in it; no writer waits for its end.

    An engine without snapshots, by its exemption, at least gives what was there all the time, once.
    """
    before = [make_record(number) for number in range(2500)]

    async def batches() -> Batches:
        yield ITEMS, before

    await store.load(batches(), replace=False)
    seen: list[Record] = []
    async with source.snapshot() as snapshot:
        async for records in snapshot.records(ITEMS):
            seen += records
            async with asyncio.timeout(TIMEOUT):
                await items.update(make_id(2499), {"name": f"changed {len(seen)}"}, LATER)
                await items.insert(make_record(5000 + len(seen)))
                if len(seen) < 2000:
                    await items.delete(make_id(1500 + len(seen) // 1000))
    if kind.dumps_one_moment:
        assert before == seen
    else:
        untouched = before[:1500]
        ids = {record.id for record in untouched}
        assert untouched == [record for record in seen if record.id in ids]


async def test_a_snapshot_can_be_left(source: Source, items: Collection) -> None:
    """A reader that has seen enough lets go, and the store goes on."""
    await insert_all(items, [make_record(number) for number in range(5)])
    async with source.snapshot() as snapshot:
        records = snapshot.records(ITEMS)
        assert 5 == len(await anext(records))
        await records.aclose()
    assert 5 == await items.count()
    assert 5 == len((await dumped(source))["items"])


async def test_a_store_that_is_closed_can_be_copied(store: Store, source: Source) -> None:
    """A snapshot needs no running service; afterwards the store is as closed as it was."""
    await insert_all(awaited(store.collection(ITEMS)), [make_record(1)])
    before = await source.survey()
    await store.close()
    assert [make_record(1)] == (await dumped(source))["items"]
    assert before == await source.survey()
    with pytest.raises(StoreUnavailable):
        await awaited(store.collection(ITEMS)).count()


async def test_what_is_not_declared_is_seen_and_can_be_taken(
    store: Store, vessels: Collection, kind: StoreKind, tmp_path: Path
) -> None:
    """For who declares less, a table is there with the number of its records, and as its columns."""
    ship = Record(make_id(1), 3, START, LATER, FULL, "a pilot")
    await vessels.insert(ship)
    await awaited(store.collection(ITEMS)).insert(make_record(2))
    less = kind.make(tmp_path, [ITEMS], TIMEOUT)
    assert isinstance(less, Source)
    survey = await less.survey()
    assert (1, {"vessels": 1}) == (survey.records, survey.undeclared)
    rows: list[Row] = []
    async with less.snapshot() as snapshot:
        assert survey == snapshot.survey
        async for batch in snapshot.rows("vessels"):
            rows += batch
    (row,) = rows
    assert (ship.id, 3, START, LATER, "a pilot") == (
        row.id, row.version, row.created_at, row.updated_at, row.owner
    )  # fmt: skip
    assert "Ægir 🦆" == row.columns["name"]
    assert set(VESSELS.field_names) == set(row.columns)


async def test_what_is_declared_and_not_there_yet_is_empty(
    items: Collection, kind: StoreKind, tmp_path: Path
) -> None:
    """A resource without a table has no records, and gets no table; Convex has to be told of it first."""
    await items.insert(make_record(1))
    more = kind.make(tmp_path, [*RESOURCES, WRECKS], TIMEOUT)
    assert isinstance(more, Source)
    if kind.name == "convex":
        with pytest.raises(StoreSchemaMismatch, match="wrecks"):
            await more.survey()
        return
    for _ in range(2):
        async with more.snapshot() as snapshot:
            assert 1 == snapshot.survey.records
            assert [] == [batch async for batch in snapshot.records(WRECKS)]
