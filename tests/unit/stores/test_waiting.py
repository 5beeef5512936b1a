"""A store that has to be migrated first is waited for, without a restart."""

from collections.abc import AsyncIterator

import pytest

from estuary.core.errors import StoreError, StoreNotMigrated, StoreSchemaMismatch, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.observations import Migrated, MigrationAwaited, Observation
from estuary.stores.memory import MemoryStore
from estuary.stores.waiting import WaitingStore
from tests.support.waiting import until
from tests.unit.stores.kinds import record


class Unprepared(MemoryStore):
    """Memory that opens only once `obstacle` is gone."""

    obstacle: StoreError | None = None
    attempts = 0

    async def open(self) -> None:
        self.attempts += 1
        if self.obstacle is not None:
            raise self.obstacle
        await super().open()


@pytest.fixture
def seen() -> list[Observation]:
    """What was observed."""
    return []


@pytest.fixture
def inner() -> Unprepared:
    """The store behind."""
    return Unprepared([ITEMS])


@pytest.fixture
async def waiting(inner: Unprepared, seen: list[Observation]) -> AsyncIterator[WaitingStore]:
    """The store that waits for it."""
    store = WaitingStore(inner, seen.append, interval=0.001)
    yield store
    await store.close()


async def test_a_store_that_fits_is_opened_at_once(waiting: WaitingStore, seen: list[Observation]) -> None:
    """Nothing is waited for, and nothing said."""
    await waiting.open()
    await waiting.ping()
    await waiting.collection(ITEMS).insert(record(Item("boat")))
    assert [] == seen


async def test_it_is_used_as_soon_as_it_is_migrated(
    waiting: WaitingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """Until then a probe says why, every call fails as with a closed store, and looking goes on."""
    inner.obstacle = StoreNotMigrated("run it")
    await waiting.open()
    assert [MigrationAwaited("run it")] == seen
    for _ in range(3):
        with pytest.raises(StoreNotMigrated, match="run it"):
            await waiting.ping()
        with pytest.raises(StoreUnavailable):
            await waiting.collection(ITEMS).count()
        attempts = inner.attempts
        await until(lambda attempts=attempts: inner.attempts > attempts)  # type: ignore[misc]  # bound at once
    inner.obstacle = None
    await until(lambda: Migrated() in seen)
    await waiting.ping()
    assert 0 == await waiting.collection(ITEMS).count()


async def test_an_outage_does_not_end_the_wait(
    waiting: WaitingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """The probe tells of it while it lasts."""
    inner.obstacle = StoreNotMigrated("run it")
    await waiting.open()
    inner.obstacle = StoreUnavailable("away")
    attempts = inner.attempts
    await until(lambda: inner.attempts > attempts + 1)
    with pytest.raises(StoreUnavailable, match="away"):
        await waiting.ping()
    inner.obstacle = None
    await until(lambda: Migrated() in seen)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), StoreSchemaMismatch("lost")])
async def test_what_no_migration_mends_ends_the_start(
    waiting: WaitingStore, inner: Unprepared, error: StoreError
) -> None:
    """A server that cannot be reached, and tables that cannot be made to fit, are for the operator."""
    inner.obstacle = error
    with pytest.raises(type(error)):
        await waiting.open()
