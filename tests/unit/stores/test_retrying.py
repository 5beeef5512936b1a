"""A store that is away, or has to be migrated first, is waited for, without a restart."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import (
    StoreError,
    StoreNotMigrated,
    StoreRefused,
    StoreSchemaMismatch,
    StoreUnavailable,
)
from estuary.core.items import ITEMS, Item
from estuary.core.observations import (
    Migrated,
    MigrationAwaited,
    Observation,
    RetryDue,
    StoreAwaited,
    StoreFound,
)
from estuary.stores.memory import MemoryStore
from estuary.stores.retrying import OPENING, RetryingStore
from tests.support.collections import awaited
from tests.support.waiting import until
from tests.unit.stores.kinds import record


class Unprepared(MemoryStore):
    """Memory that opens once `obstacle` is gone and `gate` open, and answers once `silence` is over."""

    obstacle: StoreError | None = None
    silence: StoreError | None = None
    gate: asyncio.Event | None = None
    attempts = 0

    async def open(self) -> None:
        self.attempts += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.obstacle is not None:
            raise self.obstacle
        await super().open()

    def ping(self) -> None:
        if self.silence is not None:
            raise self.silence
        super().ping()


@pytest.fixture
def seen() -> list[Observation]:
    """What was observed."""
    return []


@pytest.fixture
def inner() -> Unprepared:
    """The store behind."""
    return Unprepared([ITEMS])


@pytest.fixture
async def retrying(inner: Unprepared, seen: list[Observation]) -> AsyncIterator[RetryingStore]:
    """The store that waits for it."""
    store = RetryingStore(inner, seen.append, interval=0.001)
    yield store
    await store.close()


async def test_a_store_that_fits_is_opened_at_once(
    retrying: RetryingStore, seen: list[Observation]
) -> None:
    """Nothing is waited for, and nothing said."""
    await retrying.open()
    await settled(retrying.ping())
    await awaited(retrying.collection(ITEMS)).insert(record(Item("boat")))
    assert [] == seen


async def test_it_is_used_as_soon_as_it_is_migrated(
    retrying: RetryingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """Until then a probe says why, every call fails as with a closed store, and looking goes on."""
    inner.obstacle = StoreNotMigrated("run it")
    await retrying.open()
    assert [MigrationAwaited("run it")] == reported(seen)
    for _ in range(3):
        with pytest.raises(StoreNotMigrated, match="run it"):
            await settled(retrying.ping())
        with pytest.raises(StoreUnavailable):
            await awaited(retrying.collection(ITEMS)).count()
        attempts = inner.attempts
        await until(lambda attempts=attempts: inner.attempts > attempts)  # type: ignore[misc]  # bound at once
    assert "run it" == retrying.waits_for
    inner.obstacle = None
    await retrying.there()
    assert [MigrationAwaited("run it"), Migrated()] == reported(seen)
    assert "" == retrying.waits_for
    await settled(retrying.ping())
    assert 0 == await awaited(retrying.collection(ITEMS)).count()


async def test_an_outage_does_not_end_the_wait(
    retrying: RetryingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """The probe reports it while it lasts, and the log once."""
    inner.obstacle = StoreNotMigrated("run it")
    await retrying.open()
    inner.obstacle = StoreUnavailable("away")
    attempts = inner.attempts
    await until(lambda: inner.attempts > attempts + 1)
    with pytest.raises(StoreUnavailable, match="away"):
        await settled(retrying.ping())
    inner.obstacle = None
    await retrying.there()
    assert [MigrationAwaited("run it"), StoreAwaited("away"), StoreFound()] == reported(seen)


async def test_a_store_that_is_away_is_waited_for(
    retrying: RetryingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """It need not be there at the start; each attempt is reported."""
    inner.obstacle = StoreUnavailable("away")
    await retrying.open()
    await until(lambda: seen.count(RetryDue("opening the store", 0.001, "away")) > 2)
    inner.obstacle = None
    await retrying.there()
    assert [StoreAwaited("away"), StoreFound()] == reported(seen)


async def test_opening_a_slow_store_is_bounded(inner: Unprepared, seen: list[Observation]) -> None:
    """After the timeout it returns; the one attempt goes on, and is not made twice."""
    inner.gate = asyncio.Event()
    slow = RetryingStore(inner, seen.append, interval=0.001, timeout=0.001)
    await slow.open()
    with pytest.raises(StoreUnavailable, match="being opened"):
        await settled(slow.ping())
    inner.gate.set()
    await slow.there()
    assert 1 == inner.attempts
    await settled(slow.ping())
    await slow.close()


async def test_it_is_there_when_it_answers(
    retrying: RetryingStore, inner: Unprepared, seen: list[Observation]
) -> None:
    """A server that opens, but takes no writes yet, is not ready; and it is opened only once."""
    inner.silence = StoreUnavailable("takes no writes")
    await retrying.open()
    assert "takes no writes" == retrying.waits_for
    inner.silence = None
    await retrying.there()
    assert 1 == inner.attempts
    assert [StoreAwaited("takes no writes"), StoreFound()] == reported(seen)


@pytest.mark.parametrize("error", [StoreRefused("wrong password"), StoreSchemaMismatch("lost")])
async def test_what_waiting_does_not_mend_ends_the_start(
    retrying: RetryingStore, inner: Unprepared, seen: list[Observation], error: StoreError
) -> None:
    """A wrong password, and tables that cannot be made to fit, are for the operator.

    It is tried once, and neither waiting nor another attempt is announced.
    """
    inner.obstacle = error
    with pytest.raises(type(error)):
        await retrying.open()
    assert ([], 1) == (seen, inner.attempts)


async def test_a_refusal_that_outlasts_the_start_is_observed(
    inner: Unprepared, seen: list[Observation]
) -> None:
    """`open` has returned by then: the log has to say why the store does not come."""
    inner.gate = asyncio.Event()
    slow = RetryingStore(inner, seen.append, interval=0.001, timeout=0.001)
    await slow.open()
    inner.obstacle = StoreRefused("wrong password")
    inner.gate.set()
    with pytest.raises(StoreRefused):
        await slow.there()
    assert [StoreAwaited(OPENING), StoreAwaited("wrong password")] == reported(seen)
    await slow.close()


async def test_a_refusal_that_comes_later_is_told(retrying: RetryingStore, inner: Unprepared) -> None:
    """A server that was away may turn out not to want us."""
    inner.obstacle = StoreUnavailable("away")
    await retrying.open()
    inner.obstacle = StoreRefused("wrong password")
    with pytest.raises(StoreRefused, match="wrong password"):
        await retrying.there()


async def test_it_is_closed_while_it_is_being_opened(inner: Unprepared) -> None:
    """What is under way is ended, and nothing goes on behind."""
    inner.gate = asyncio.Event()
    slow = RetryingStore(inner, lambda _: None, timeout=0.001)
    await slow.open()
    await slow.close()
    assert {asyncio.current_task()} == asyncio.all_tasks()


def reported(seen: list[Observation]) -> list[Observation]:
    """What was observed, but for the attempts."""
    return [each for each in seen if not isinstance(each, RetryDue)]
