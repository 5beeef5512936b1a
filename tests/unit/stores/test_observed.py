"""Every query of an observed store is reported once, and changed in nothing."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    NotFound,
    StoreQueryFailed,
    StoreUnavailable,
    VersionConflict,
    WriteRefused,
)
from estuary.core.items import ITEMS
from estuary.core.measurements import StoreQueried
from estuary.core.observations import Observation, StoreQueryCancelled
from estuary.core.ports import Collection, Store
from estuary.core.queries.query import ListQuery, ListResult, by_cursor
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, Delete, IdempotencyKey, Insert, Write, WriteOptions
from estuary.stores.memory import MemoryCollection, MemoryStore
from estuary.stores.memory.api_keys import MemoryApiKeys
from estuary.stores.observed import ObservedStore
from tests.contract.making import LATER, make_id, make_record, position_of
from tests.support.clocks import SettableClock

SECONDS = 0.25


class SlowStore:
    """Implements `Store`: every query takes `SECONDS` and ends as `outcome` says."""

    def __init__(self, clock: SettableClock) -> None:
        self.outcome: object = None
        self.calls: list[tuple[object, ...]] = []
        self._clock = clock

    async def open(self) -> None:
        """Note the call."""
        self.calls.append(("open",))

    async def close(self) -> None:
        """Note the call."""
        self.calls.append(("close",))

    def ping(self) -> None:
        """Note the call."""
        self.calls.append(("ping",))

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Note the call."""
        self.calls.append(("load", batches, replace))
        return 7

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """As `answer`."""
        return await self.answer("transact", writes, key, dry_run)  # type: ignore[no-any-return]

    def collection(self, resource: Resource) -> "SlowCollection":
        """The one collection there is."""
        assert resource is ITEMS
        return SlowCollection(self)

    def api_keys(self) -> MemoryApiKeys:
        """Those of a store in memory."""
        return MemoryStore([]).api_keys()

    async def answer(self, *call: object) -> Any:
        """Note the call, let the time pass, end as told."""
        self.calls.append(call)
        self._clock.advance(SECONDS)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class SlowCollection:
    """Implements `Collection` by asking its store."""

    def __init__(self, store: SlowStore) -> None:
        self._answer = store.answer

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """As the store's `answer`."""
        return await self._answer("insert", record, options)  # type: ignore[no-any-return]

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """As the store's `answer`."""
        return await self._answer("get", record_id, owner)  # type: ignore[no-any-return]

    async def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """As the store's `answer`."""
        return await self._answer("find", key, values, owner)  # type: ignore[no-any-return]

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """As the store's `answer`."""
        return await self._answer("update", record_id, changes, updated_at, options)  # type: ignore[no-any-return]

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """As the store's `answer`."""
        return await self._answer("delete", record_id, options)  # type: ignore[no-any-return]

    async def list(self, query: ListQuery) -> ListResult:
        """As the store's `answer`."""
        return await self._answer("list", query)  # type: ignore[no-any-return]

    async def count(self, owner: str | None = None) -> int:
        """As the store's `answer`."""
        return await self._answer("count", owner)  # type: ignore[no-any-return]


class Scene:
    """A slow store, observed."""

    def __init__(self) -> None:
        self.clock = SettableClock()
        self.inner = SlowStore(self.clock)
        self.seen: list[Observation] = []
        self.store: Store = ObservedStore(self.inner, self.seen.append, self.clock.monotonic)
        self.items: Collection = self.store.collection(ITEMS)


@pytest.fixture
def scene() -> Scene:
    """Nothing was asked yet."""
    return Scene()


OPTIONS = WriteOptions("her", 7, IdempotencyKey("her", "her", "key", "fingerprint", LATER))
PLACE = position_of(make_record(1))
CALLS: dict[str, tuple[Any, ...]] = {
    "insert": (make_record(1), OPTIONS),
    "get": (make_id(1), "her"),
    "update": (make_id(1), {"name": "x"}, LATER, OPTIONS),
    "delete": (make_id(1), OPTIONS),
    "slice": (ListQuery(20, 40, owner="her"),),
    "page": (by_cursor(20, PLACE, "her"),),
    "count": ("her",),
}
every_call = pytest.mark.parametrize(("operation", "arguments"), CALLS.items(), ids=CALLS.keys())
METHODS = {"slice": "list", "page": "list"}
"""What is called, where it is not called as it is reported."""


@every_call
async def test_a_query_passes_through_and_is_reported(
    scene: Scene, operation: str, arguments: tuple[Any, ...]
) -> None:
    """Arguments and answer are those of the inner store; its time is measured, its resource named."""
    scene.inner.outcome = answer = object()
    method = METHODS.get(operation, operation)
    assert answer is await getattr(scene.items, method)(*arguments)
    assert [(method, *arguments)] == scene.inner.calls
    assert [StoreQueried(operation, "items", SECONDS, succeeded=True)] == scene.seen


async def test_an_unconditional_write_stays_one(scene: Scene) -> None:
    """Where no options are named, none are passed on."""
    await settled(scene.items.update(make_id(1), {}, LATER))
    await settled(scene.items.delete(make_id(1)))
    assert [
        ("update", make_id(1), {}, LATER, UNCONDITIONAL),
        ("delete", make_id(1), UNCONDITIONAL),
    ] == scene.inner.calls


@every_call
@pytest.mark.parametrize(
    ("error", "succeeded"),
    [
        (NotFound("x"), True),
        (VersionConflict(3), True),
        (IdempotencyKeyReused(), True),
        (IdempotencyKeyInFlight(), True),
        (StoreUnavailable("x"), False),
        (StoreQueryFailed("x"), False),
        (ValueError("a defect"), False),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_an_error_passes_through_and_is_reported(
    scene: Scene,
    operation: str,
    arguments: tuple[Any, ...],
    error: BaseException,
    succeeded: bool,
) -> None:
    """The same error comes out; that a record is absent or has another version is an answer."""
    scene.inner.outcome = error
    with pytest.raises(type(error)) as raised:
        await getattr(scene.items, METHODS.get(operation, operation))(*arguments)
    assert error is raised.value
    assert [StoreQueried(operation, "items", SECONDS, succeeded)] == scene.seen


@every_call
async def test_who_leaves_is_not_the_stores_failure(
    scene: Scene, operation: str, arguments: tuple[Any, ...]
) -> None:
    """A query whose caller is gone neither succeeded nor failed; it is reported as what it is, once."""
    scene.inner.outcome = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await getattr(scene.items, METHODS.get(operation, operation))(*arguments)
    assert [StoreQueryCancelled(operation, "items", SECONDS)] == scene.seen


@pytest.mark.parametrize(
    ("error", "succeeded"),
    [(None, True), (WriteRefused(1, NotFound("x")), True), (StoreUnavailable("x"), False)],
    ids=lambda value: type(value).__name__,
)
async def test_each_of_several_writes_is_reported(
    scene: Scene, error: Exception | None, succeeded: bool
) -> None:
    """Under the name of what it does, with the time that all of them took; the error passes through."""
    writes: list[Write] = [Insert("items", make_record(1)), Delete("vessels", make_id(2))]
    scene.inner.outcome = error or [Written(None), Written(None)]
    if error is None:
        assert scene.inner.outcome == await settled(scene.store.transact(writes))
    else:
        with pytest.raises(type(error)) as raised:
            await settled(scene.store.transact(writes))
        assert error is raised.value
    named = (("insert", "items"), ("delete", "vessels"))
    assert [StoreQueried(*each, SECONDS, succeeded) for each in named] == scene.seen


async def test_several_writes_that_are_refused_at_once_are_reported_too() -> None:
    """A store in memory refuses without anything to wait for."""
    clock, seen = SettableClock(), list[Observation]()
    memory = MemoryStore([ITEMS])
    await memory.open()
    store = ObservedStore(memory, seen.append, clock.monotonic)
    with pytest.raises(WriteRefused):
        await store.transact([Delete("items", make_id(1))])
    assert [StoreQueried("delete", "items", 0.0, succeeded=True)] == seen


async def test_several_writes_whose_caller_leaves_are_no_failure(scene: Scene) -> None:
    """They are reported as cancelled."""
    scene.inner.outcome = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await settled(scene.store.transact([Delete("items", make_id(1))]))
    assert [StoreQueryCancelled("delete", "items", SECONDS)] == scene.seen


async def test_opening_closing_and_probing_are_not_queries(scene: Scene) -> None:
    """They reach the inner store and are not reported; neither is a load."""

    async def batches() -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
        yield ITEMS, [make_record(1)]

    loaded = batches()
    await scene.store.open()
    await settled(scene.store.ping())
    assert 7 == await scene.store.load(loaded, replace=True)
    await scene.store.close()
    assert [("open",), ("ping",), ("load", loaded, True), ("close",)] == scene.inner.calls
    assert [] == scene.seen


async def test_time_is_counted_from_the_await(scene: Scene) -> None:
    """A coroutine that waits for its turn is not a slow store."""
    query = scene.items.count()
    scene.clock.advance(100)
    await settled(query)
    assert [StoreQueried("count", "items", SECONDS, succeeded=True)] == scene.seen


class ClockedCollection(MemoryCollection):
    """Answers at once, in `SECONDS`, and fails where told."""

    def __init__(self, clock: SettableClock) -> None:
        super().__init__(ITEMS)
        self.open()
        self.failure: Exception | None = None
        self._clock = clock

    def get(self, record_id: str, owner: str | None = None) -> Record:
        """Take time, then answer as told."""
        self._clock.advance(SECONDS)
        if self.failure is not None:
            raise self.failure
        return super().get(record_id, owner)


class InMemory(MemoryStore):
    """A store with one collection."""

    def __init__(self, records: ClockedCollection) -> None:
        super().__init__([ITEMS])
        self._records = records

    def collection(self, _: Resource) -> MemoryCollection:
        """The one there is."""
        return self._records


@pytest.mark.parametrize(
    ("error", "succeeded"),
    [(None, True), (NotFound("x"), True), (StoreUnavailable("x"), False), (ValueError("a defect"), False)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_answered_at_once_is_reported_alike(error: Exception | None, succeeded: bool) -> None:
    """Answer and error pass through at once, and each call is reported once, with its time."""
    clock = SettableClock()
    seen: list[Observation] = []
    records = ClockedCollection(clock)
    items = ObservedStore(InMemory(records), seen.append, clock.monotonic).collection(ITEMS)
    records.insert(make_record(1))
    records.failure = error
    if error is None:
        assert make_record(1) == items.get(make_id(1))
    else:
        with pytest.raises(type(error)) as raised:
            items.get(make_id(1))
        assert error is raised.value
    assert [StoreQueried("get", "items", SECONDS, succeeded)] == seen


async def test_every_answer_at_once_stays_one() -> None:
    """What memory need not be waited for, need not be when it is observed; each is reported by its name."""
    clock = SettableClock()
    seen: list[Observation] = []
    memory = MemoryStore([ITEMS])
    await memory.open()
    items = ObservedStore(memory, seen.append, clock.monotonic).collection(ITEMS)
    record = make_record(1)
    assert Written(record) == items.insert(record)
    assert record == items.get(record.id)
    assert isinstance(items.update(record.id, {}, LATER), Written)
    assert isinstance(items.list(ListQuery()), ListResult)
    assert isinstance(items.list(by_cursor(20)), ListResult)
    assert 1 == items.count()
    assert Written(None) == items.delete(record.id)
    named = ("insert", "get", "update", "slice", "page", "count", "delete")
    assert [StoreQueried(name, "items", 0.0, succeeded=True) for name in named] == seen
