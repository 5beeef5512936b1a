"""What the server sets when a record is created is kept by every store, as it was set."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from estuary.core.access.identity import Identity
from estuary.core.awaiting import settled
from estuary.core.batch.batches import Batches
from estuary.core.batch.operations import Operation, Target, Verb
from estuary.core.errors import UniqueConflict
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.core.writes.writes import WriteOptions
from tests.contract.making import TIMEOUT, make_id
from tests.contract.stores import StoreKind
from tests.support.clocks import START, SettableClock
from tests.support.contexts import make_context
from tests.support.entries import ENTRIES, PROFILES, Entry, Profile

ALICE, BOB = (WriteOptions(identity=Identity(name, None, frozenset())) for name in ("alice", "bob"))
HERS = Entry(title="a", made_by="alice", seen_at=START, day=START.date(), writer="alice")


@pytest.fixture
async def book(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    """An open, empty store of entries and profiles."""
    store = kind.make(tmp_path, [ENTRIES, PROFILES], TIMEOUT)
    await store.open()
    yield store
    await store.close()


def records_of(store: Store, resource: Resource, clock: SettableClock) -> RecordService:
    """The use cases on records with ids from 1 on."""
    ids = map(make_id, range(1, 10))
    context = make_context(lambda: next(ids), clock=clock)
    return RecordService(resource, store.collection(resource), context)


async def made(records: RecordService, options: WriteOptions, title: str = "a") -> Record:
    """The record of a new entry."""
    written: Written = await settled(records.create(ENTRIES.draft_type(title=title), options))
    assert written.record is not None
    return written.record


async def test_what_was_set_is_read(book: Store, clock: SettableClock) -> None:
    """To the microsecond, and whatever time it is by then."""
    records = records_of(book, ENTRIES, clock)
    record = await made(records, ALICE)
    clock.advance(timedelta(days=2).total_seconds())
    assert HERS == record.value == (await settled(records.get(record.id))).value


async def test_an_update_by_another_leaves_it(book: Store, clock: SettableClock) -> None:
    """At whatever time, and also where several writes are made as one."""
    records = records_of(book, ENTRIES, clock)
    record = await made(records, ALICE)
    clock.advance(timedelta(days=2).total_seconds())
    await records.update(record.id, ENTRIES.changes_type(note="n"), BOB)
    target = Target(ENTRIES, book.collection(ENTRIES), lambda: make_id(20))
    operations = [
        Operation(target, Verb.PATCH, record.id, ENTRIES.patch_type(title="b"), identity=BOB.identity),
        Operation(target, Verb.CREATE, body=ENTRIES.draft_type(title="c"), identity=BOB.identity),
    ]
    first, second = await Batches(book.transact, make_context(lambda: make_id(20), clock=clock)).make(
        operations
    )
    assert first.record is not None
    assert second.record is not None
    assert Entry(title="b", note="n", made_by="alice", seen_at=START, day=START.date(), writer="alice") == (
        first.record.value
    )
    now = clock.now()
    assert Entry(title="c", made_by="bob", seen_at=now, day=now.date(), writer="bob") == second.record.value
    assert second.record == await settled(records.get(make_id(20)))


async def test_a_subject_may_have_one_record(book: Store, clock: SettableClock) -> None:
    """Kept by the store; what nobody known creates is in no other's way."""
    profiles = records_of(book, PROFILES, clock)
    draft = PROFILES.draft_type(nickname="x")
    for options in (ALICE, WriteOptions(), WriteOptions()):
        await settled(profiles.create(draft, options))
    with pytest.raises(UniqueConflict):
        await settled(profiles.create(draft, ALICE))
    (key,) = PROFILES.unique_keys
    (found,) = (await settled(profiles.find(key, ("alice",), None))).records
    assert Profile(user="alice", nickname="x") == found.value
