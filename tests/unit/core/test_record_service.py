"""The use cases: what they ask of a collection, and what they report."""

import asyncio
from itertools import count
from typing import Annotated, Any

import pytest
from msgspec import Struct

from estuary.core.awaiting import settled
from estuary.core.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    NotFound,
    StoreUnavailable,
    ValidationFailed,
    VersionConflict,
    WriteContention,
)
from estuary.core.items import ITEMS, Item
from estuary.core.markers import Hidden
from estuary.core.moments import to_microseconds
from estuary.core.observations import Observation, RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.queries.query import ListQuery, ListResult, SortedPosition, by_cursor
from estuary.core.record import Position, Record, Written
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.stores.memory import MemoryCollection, MemoryStore
from tests.contract.making import make_id, once, record_of
from tests.support.clocks import START, SettableClock
from tests.support.collections import Collection
from tests.support.contexts import make_context


class Desk:
    """The use cases on items in memory, with everything around them in reach."""

    def __init__(self) -> None:
        self.store = MemoryStore([ITEMS])
        self.clock = SettableClock()
        self.seen: list[Observation] = []
        numbers = count(1)
        self.context = make_context(
            lambda: make_id(next(numbers)), clock=self.clock, observe=self.seen.append
        )
        self.records = RecordService(ITEMS, self.store.collection(ITEMS), self.context)

    async def create(self, name: str, **fields: Any) -> Record:
        """A record of that name."""
        return await record_of(self.records.create(ITEMS.draft_type(name=name, **fields)))


@pytest.fixture
async def desk() -> Desk:
    """With an open, empty store."""
    desk = Desk()
    await desk.store.open()
    return desk


async def test_create_makes_the_first_version(desk: Desk) -> None:
    """A new id, version 1, both times now, the cleaned value."""
    record = await desk.create(" x ")
    assert Record(make_id(1), 1, START, START, Item("x")) == record
    assert record == await settled(desk.records.get(record.id))
    assert [RecordCreated("items")] == desk.seen


async def test_update_moves_version_and_time_on(desk: Desk) -> None:
    """The rest, the time of creation too, stays."""
    created = await desk.create("x", description="y")
    desk.clock.advance(2.5)
    updated = await record_of(desk.records.update(created.id, ITEMS.changes_type(name="z")))
    assert Record(created.id, 2, START, desk.clock.now(), Item("z", "y")) == updated
    assert RecordUpdated("items") == desk.seen[-1]


async def test_delete_removes(desk: Desk) -> None:
    """Afterwards the record is not found, by a second delete neither."""
    created = await desk.create("x")
    await desk.records.delete(created.id)
    assert RecordDeleted("items") == desk.seen[-1]
    with pytest.raises(NotFound):
        await settled(desk.records.get(created.id))
    with pytest.raises(NotFound):
        await desk.records.delete(created.id)


async def test_what_fails_is_not_observed_as_done(desk: Desk) -> None:
    """Only a write that happened counts."""
    with pytest.raises(ValidationFailed):
        await desk.create("")
    with pytest.raises(NotFound):
        await desk.records.update(make_id(9), ITEMS.changes_type(name="x"))
    with pytest.raises(NotFound):
        await desk.records.delete(make_id(9))
    await desk.store.close()
    with pytest.raises(StoreUnavailable):
        await desk.create("x")
    assert [] == desk.seen


@pytest.mark.parametrize("record_id", ["x", make_id(9)])
async def test_an_update_is_checked_before_its_record_is_sought(desk: Desk, record_id: str) -> None:
    """422 comes before 404, for an impossible id as well."""
    with pytest.raises(ValidationFailed):
        await desk.records.update(record_id, ITEMS.changes_type(name=""))


async def test_a_text_that_is_no_id_never_reaches_the_store(desk: Desk) -> None:
    """Even on a store that cannot answer, it is simply not found."""
    await desk.store.close()
    with pytest.raises(NotFound):
        await settled(desk.records.get("x"))
    with pytest.raises(NotFound):
        await desk.records.delete("\0")
    with pytest.raises(NotFound):
        await desk.records.update("x" * 99, ITEMS.changes_type(name="x"))


async def test_a_slice_has_records_and_total(desk: Desk) -> None:
    """The slice asked for, and how many there are in all."""
    records = [await desk.create(f"{n}") for n in range(5)]
    assert ListResult(records[1:3], 5) == await settled(desk.records.list(ListQuery(2, 1)))


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 9])
async def test_pages_end_exactly_at_the_last_record(desk: Desk, size: int) -> None:
    """Every page but the last says where the next one starts, and no page is empty but the only one."""
    records = [await desk.create(f"{n}") for n in range(size)]
    walked: list[Record] = []
    after: Position | SortedPosition | None = None
    pages = 0
    while pages == 0 or after is not None:
        result = await settled(desk.records.list(by_cursor(2, after)))
        found, after = result.records, result.following
        walked += found
        pages += 1
        if after is not None:
            assert 2 == len(found)
            assert Position(to_microseconds(found[-1].created_at), found[-1].id) == after
    assert records == walked
    assert max(1, -(-size // 2)) == pages


async def test_a_new_record_is_of_the_terms_owner(desk: Desk) -> None:
    """Without a caller's owner it has none."""
    draft = ITEMS.draft_type(name="x")
    hers = await record_of(desk.records.create(draft, WriteOptions("her")))
    unowned = await record_of(desk.records.create(draft))
    assert ("her", "") == (hers.owner, unowned.owner)


async def test_what_is_replayed_was_done_once(desk: Desk) -> None:
    """The observer is told of the first write alone."""
    created = [
        await settled(desk.records.create(ITEMS.draft_type(name="x"), once("create"))) for _ in range(2)
    ]
    record_id = make_id(1)
    for _ in range(2):
        await desk.records.update(record_id, ITEMS.changes_type(name="y"), once("update"))
    for _ in range(2):
        await desk.records.delete(record_id, once("delete"))
    assert [False, True] == [written.replayed for written in created]
    assert [RecordCreated("items"), RecordUpdated("items"), RecordDeleted("items")] == desk.seen


async def test_a_create_is_not_replayed_to_another_owner(desk: Desk) -> None:
    """Should a store find a key of a release that kept no owners, it is refused: no record is returned."""
    keyed = once(owner="her")
    assert keyed.key is not None
    await settled(desk.records.create(ITEMS.draft_type(name="x"), keyed))
    for owner in (None, "him"):
        with pytest.raises(IdempotencyKeyReused):
            await settled(
                desk.records.create(ITEMS.draft_type(name="x"), WriteOptions(owner, None, keyed.key))
            )


async def test_a_precondition_decides_on_the_version_that_is_there(desk: Desk) -> None:
    """Where it holds the change is made to that version, else it is a conflict that names it."""
    created = await desk.create("x")
    changes = ITEMS.changes_type(name="y")
    with pytest.raises(VersionConflict) as conflict:
        await desk.records.update(created.id, changes, UNCONDITIONAL, lambda version: version > 1)
    assert 1 == conflict.value.current
    updated = await record_of(
        desk.records.update(created.id, changes, UNCONDITIONAL, lambda version: version == 1)
    )
    assert 2 == updated.version
    with pytest.raises(VersionConflict):
        await desk.records.delete(created.id, UNCONDITIONAL, lambda version: version == 1)
    await desk.records.delete(created.id, UNCONDITIONAL, lambda version: version == 2)
    for hopeless in (lambda _: True, lambda _: False):
        with pytest.raises(NotFound):
            await desk.records.delete(created.id, UNCONDITIONAL, hopeless)


async def test_a_precondition_sees_the_owners_records_only(desk: Desk) -> None:
    """Another's record has no version that may be disclosed."""
    created = await record_of(desk.records.create(ITEMS.draft_type(name="x"), WriteOptions("her")))
    for condition in (lambda _: True, lambda _: False):
        with pytest.raises(NotFound):
            await desk.records.delete(created.id, WriteOptions("him"), condition)


def _in_memory() -> MemoryCollection:
    collection = MemoryCollection(ITEMS)
    collection.open()
    return collection


class Restless(Collection):
    """A collection in which somebody else updates a record before each of the first `times` deletes."""

    def __init__(self, times: int) -> None:
        super().__init__(_in_memory())
        self.times = times

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Be overtaken, then delete."""
        if self.times:
            self.times -= 1
            await self.update(record_id, {}, START)
        return await super().delete(record_id, options)


@pytest.mark.parametrize(("times", "made"), [(0, True), (12, True), (999, False)])
async def test_a_write_that_is_overtaken_is_tried_again_but_not_for_ever(
    desk: Desk, times: int, made: bool
) -> None:
    """Where every version meets the precondition, others may write in between, but not without end."""
    restless = Restless(times)
    records = RecordService(ITEMS, restless, desk.context)
    await settled(records.create(ITEMS.draft_type(name="x")))
    outcome = await asyncio.gather(
        records.delete(make_id(1), UNCONDITIONAL, lambda _: True), return_exceptions=True
    )
    assert [made] == [isinstance(each, Written) for each in outcome]
    assert made or isinstance(outcome[0], WriteContention)
    assert (0 if made else 1) == await restless.count()
    assert made or restless.times > 500


class Gate(Collection):
    """A collection whose inserts wait until the gate opens."""

    def __init__(self) -> None:
        self.memory = _in_memory()
        super().__init__(self.memory)
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep the record when the gate is open."""
        self.entered.set()
        await self.opened.wait()
        return await super().insert(record, options)


async def test_a_key_under_way_is_not_taken_twice(desk: Desk) -> None:
    """Until the first write has ended another with its key is refused; others pass."""
    gate = Gate()
    records = RecordService(ITEMS, gate, desk.context)
    draft = ITEMS.draft_type(name="x")
    first = asyncio.create_task(settled(records.create(draft, once())))
    await gate.entered.wait()
    for _ in range(2):
        with pytest.raises(IdempotencyKeyInFlight):
            await settled(records.create(draft, once()))
    others = [
        asyncio.create_task(settled(records.create(draft, options)))
        for options in (once(subject="her"), once("other"), once(owner="a"), once(owner="b"))
    ]
    gate.opened.set()
    assert [False] * 4 == [(await other).replayed for other in others]
    assert not (await first).replayed
    assert (await settled(records.create(draft, once()))).replayed


async def test_a_client_that_leaves_does_not_keep_its_key(desk: Desk) -> None:
    """A write that was cancelled, or failed, is under way no more."""
    gate = Gate()
    records = RecordService(ITEMS, gate, desk.context)
    draft = ITEMS.draft_type(name="x")
    left = asyncio.create_task(settled(records.create(draft, once())))
    await gate.entered.wait()
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    gate.opened.set()
    gate.memory.close()
    with pytest.raises(StoreUnavailable):
        await settled(records.create(draft, once()))
    gate.memory.open()
    assert not (await settled(records.create(draft, once()))).replayed


class Secret(Struct, frozen=True):
    """Something with a field that is never shown."""

    name: str
    pin: Annotated[str, Hidden] = ""


async def test_a_patch_that_names_a_hidden_field_always_makes_a_version() -> None:
    """Else a client that may write could try values until there is none."""
    resource = Resource("secrets", Secret)
    store = MemoryStore([resource])
    await store.open()
    records = RecordService(
        resource,
        store.collection(resource),
        make_context(lambda: make_id(1)),
    )
    await settled(records.create(resource.draft_type(name="a", pin="1234")))
    versions = []
    for changes in ({"name": "a"}, {"pin": "1234"}, {"pin": "0000"}, {"name": "a", "pin": "0000"}, {}):
        written = await records.patch(make_id(1), resource.patch_type(**changes))
        versions.append(written.record and written.record.version)
    assert [1, 2, 3, 4, 4] == versions


async def test_only_what_was_made_is_reported(desk: Desk) -> None:
    """Neither a dry run nor a patch that finds nothing to change."""
    dry_run = WriteOptions(dry_run=True)
    record = await desk.create("boat")
    desk.seen.clear()
    same, other = ITEMS.patch_type(name="boat"), ITEMS.patch_type(name="ship")
    await settled(desk.records.create(ITEMS.draft_type(name="raft"), dry_run))
    await desk.records.create_at(make_id(9), ITEMS.draft_type(name="raft"), dry_run)
    await desk.records.patch(record.id, same)
    await desk.records.patch(record.id, other, dry_run)
    await desk.records.delete(record.id, dry_run)
    assert [] == desk.seen
    await desk.records.create_at(make_id(9), ITEMS.draft_type(name="raft"))
    await desk.records.patch(record.id, other)
    assert [RecordCreated("items"), RecordUpdated("items")] == desk.seen
