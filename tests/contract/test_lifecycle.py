"""Opening, closing and failing: an unusable store says so, in bounded time, and loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Written
from tests.contract.conftest import RESOURCES
from tests.contract.making import (
    LATER,
    OPERATIONS,
    TIMEOUT,
    WRITES,
    Operation,
    expecting,
    insert_all,
    make_id,
    make_record,
    record_of,
    walk,
)
from tests.contract.stores import STORES, Outage, StoreKind
from tests.support.collections import Collection, awaited

every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


async def _assert_unavailable(call: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(StoreUnavailable):
        async with asyncio.timeout(TIMEOUT):
            await call()


async def _open(store: Store) -> None:
    """Open `store`, if need be at the tenth attempt."""
    for _ in range(9):
        with suppress(StoreUnavailable):
            await store.open()
            return
    await store.open()


@every_operation
async def test_every_operation_works_on_an_open_store(items: Collection, operation: Operation) -> None:
    """The operations that this module expects to fail do succeed where nothing is wrong."""
    await insert_all(items, [make_record(1), make_record(2)])
    await operation(items)


@every_operation
async def test_a_closed_store_is_unavailable(store: Store, operation: Operation) -> None:
    """After `close` every call fails at once, on a collection that was had before."""
    collection = awaited(store.collection(ITEMS))
    await insert_all(collection, [make_record(1), make_record(2)])
    await store.close()
    await _assert_unavailable(lambda: operation(collection))
    await _assert_unavailable(lambda: operation(awaited(store.collection(ITEMS))))


@every_operation
async def test_a_store_that_was_never_opened_is_unavailable(unopened: Store, operation: Operation) -> None:
    """Before `open` no call works."""
    await _assert_unavailable(lambda: operation(awaited(unopened.collection(ITEMS))))


async def test_ping_tells_whether_the_store_can_answer(unopened: Store) -> None:
    """It fails before `open` and after `close`, and returns in between."""
    await _assert_unavailable(lambda: settled(unopened.ping()))
    await unopened.open()
    await settled(unopened.ping())
    await unopened.close()
    await _assert_unavailable(lambda: settled(unopened.ping()))


async def test_ping_writes_nothing(store: Store, items: Collection) -> None:
    """A probe leaves records and totals as they are."""
    await items.insert(make_record(1))
    for _ in range(20):
        await settled(store.ping())
    assert ([make_record(1)], 1) == (await walk(items, 10), await items.count())


async def test_closing_twice_is_harmless(store: Store) -> None:
    """The second `close` returns."""
    await store.close()
    async with asyncio.timeout(TIMEOUT):
        await store.close()


async def test_closing_what_was_never_opened_is_harmless(unopened: Store) -> None:
    """A start-up that failed may close everything."""
    async with asyncio.timeout(TIMEOUT):
        await unopened.close()
    await _assert_unavailable(lambda: settled(unopened.ping()))


async def test_a_closed_store_can_be_opened_again(kind: StoreKind, store: Store) -> None:
    """A durable store then finds everything; another one starts empty."""
    collection = awaited(store.collection(ITEMS))
    await collection.insert(make_record(1))
    await store.close()
    await store.open()
    assert (1 if kind.durable else 0) == await collection.count()
    await collection.insert(make_record(2))
    assert make_record(2) == await collection.get(make_id(2))


async def test_close_finishes_what_was_accepted(kind: StoreKind, store: Store, tmp_path: Path) -> None:
    """A write that was under way when `close` began either is there afterwards or was refused."""
    collection = awaited(store.collection(ITEMS))
    writes = [asyncio.create_task(collection.insert(make_record(number))) for number in range(200)]
    await asyncio.sleep(0)
    await store.close()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert {Written, StoreUnavailable} >= {type(outcome) for outcome in outcomes}
    if kind.durable:
        kept = {make_id(number) for number, outcome in enumerate(outcomes) if isinstance(outcome, Written)}
        reopened = kind.make(tmp_path, RESOURCES, TIMEOUT)
        await reopened.open()
        assert kept == {record.id for record in await walk(awaited(reopened.collection(ITEMS)), 100)}
        await reopened.close()


DURABLE = [kind for kind in STORES if kind.durable]


@pytest.mark.parametrize("kind", DURABLE, ids=lambda kind: kind.name)
async def test_a_durable_store_finds_everything_again(kind: StoreKind, tmp_path: Path) -> None:
    """Inserts, updates, deletes, totals and order outlive the store that made them."""
    store = kind.make(tmp_path, RESOURCES, TIMEOUT)
    await store.open()
    collection = awaited(store.collection(ITEMS))
    await insert_all(collection, [make_record(number) for number in range(50)])
    changed = await record_of(
        collection.update(make_id(7), {"name": "changed", "description": "🚢"}, LATER)
    )
    await collection.delete(make_id(8))
    before = await walk(collection, 20)
    await store.close()

    reopened = kind.make(tmp_path, RESOURCES, TIMEOUT)
    await reopened.open()
    collection = awaited(reopened.collection(ITEMS))
    assert before == await walk(collection, 20)
    assert changed == await collection.get(make_id(7))
    assert (49, 49) == (await collection.count(), (await collection.slice(0, 1))[1])
    assert 3 == (await record_of(collection.update(make_id(7), {}, LATER, expecting(2)))).version
    await reopened.close()


def test_every_exemption_is_declared() -> None:
    """A store that is not durable, knows no outage, dumps no one moment or is slow here says why."""
    for kind in STORES:
        excused = (
            not (kind.durable and kind.outages and kind.dumps_one_moment)
            or any(outage.survivors for outage in kind.outages)
            or kind.slow > 1
        )
        assert excused == bool(kind.exemptions), kind.name


OUTAGES = [
    pytest.param(kind, outage, id=f"{kind.name}-{outage.name}")
    for kind in STORES
    for outage in kind.outages
]
SOON = 1.0
"""Seconds after which a store gives up in these tests: time enough for a write on a busy machine."""


@pytest.mark.parametrize(("kind", "outage"), OUTAGES)
class TestOutage:
    """While the engine fails, every call says so in bounded time; afterwards all is well."""

    @pytest.fixture
    def unopened(self, kind: StoreKind, tmp_path: Path) -> Store:
        """A store that gives up soon."""
        return kind.make(tmp_path, RESOURCES, SOON)

    @pytest.fixture
    async def store(self, unopened: Store) -> AsyncIterator[Store]:
        """The same store, open: on a busy machine that may take longer than each attempt may."""
        await _open(unopened)
        yield unopened
        await unopened.close()

    @pytest.fixture
    async def collection(self, store: Store) -> Collection:
        """Items with the records that the operations need."""
        collection = awaited(store.collection(ITEMS))
        await insert_all(collection, [make_record(1), make_record(2)])
        return collection

    @pytest.fixture(autouse=True)
    def retrying_soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is not noticed at once is at least looked at often."""
        monkeypatch.setattr("estuary.stores.sqlite.sqlite_database.REOPEN_INTERVAL", 0.05)

    @every_operation
    async def test_an_operation_during_an_outage(
        self, collection: Collection, outage: Outage, operation: Operation, tmp_path: Path
    ) -> None:
        """It is `StoreUnavailable`, or answers where the store is declared to survive; then it recovers."""
        name = next(name for name, known in OPERATIONS.items() if known is operation)
        async with outage.during(tmp_path):
            if name in outage.survivors:
                async with asyncio.timeout(TIMEOUT):
                    await operation(collection)
            else:
                await _until_noticed(outage, collection)
                await _assert_unavailable(lambda: operation(collection))
        await _until_over(outage, collection)
        if outage.may_follow and name in WRITES:
            await collection.insert(make_record(3))
            assert make_record(3) in await walk(collection, 10)
            return
        assert [make_record(1), make_record(2)] == await walk(collection, 10)
        await operation(collection)

    async def test_ping_during_an_outage(
        self, store: Store, collection: Collection, outage: Outage, tmp_path: Path
    ) -> None:
        """A probe fails with the engine and recovers with it."""
        assert 2 == await collection.count()
        async with outage.during(tmp_path):
            if "ping" in outage.survivors:
                await settled(store.ping())
            else:
                await _assert_unavailable(lambda: settled(store.ping()))
        await _until_over(outage, collection)
        await settled(store.ping())

    async def test_many_callers_during_an_outage(
        self, collection: Collection, outage: Outage, tmp_path: Path
    ) -> None:
        """Callers do not queue up behind each other: all are told within the time of one."""
        async with outage.during(tmp_path), asyncio.timeout(TIMEOUT):
            outcomes = await asyncio.gather(
                *(collection.insert(make_record(number)) for number in range(100, 400)),
                return_exceptions=True,
            )
        assert {StoreUnavailable} == {type(outcome) for outcome in outcomes}
        await _until_over(outage, collection)
        await collection.insert(make_record(500))
        kept = await collection.count()
        assert kept == 3 or (outage.may_follow and kept > 3)


async def _until_noticed(outage: Outage, collection: Collection) -> None:
    """Where that takes a moment, return when the store has noticed its outage."""
    async with asyncio.timeout(TIMEOUT):
        while outage.noticed_later and await _answers(collection):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.005)


async def _until_over(outage: Outage, collection: Collection) -> None:
    """Where that takes a moment, return when the store has noticed that its outage is over."""
    async with asyncio.timeout(TIMEOUT):
        while outage.noticed_later and not await _answers(collection):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)


async def _answers(collection: Collection) -> bool:
    try:
        await collection.count()
    except StoreUnavailable:
        return False
    return True
