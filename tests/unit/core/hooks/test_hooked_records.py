"""The use cases of a resource with hooks: what they make of a write is kept, and only to what they saw."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from estuary.core.access.identity import Identity
from estuary.core.awaiting import settled
from estuary.core.errors import HookFailed, NotFound, ValidationFailed, VersionConflict, WriteContention
from estuary.core.hooks.hook_calls import HookCalls
from estuary.core.hooks.hooked_records import HookedRecords
from estuary.core.hooks.hooks import Hooks, Reject
from estuary.core.observations import Observation, RecordCreated, RecordUpdated
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.stores.memory import MemoryStore
from tests.contract.making import make_id, once
from tests.support.clocks import SettableClock
from tests.support.collections import Collection
from tests.support.contexts import make_context

ID = make_id(1)
ALICE = Identity("alice", "acme", frozenset())


class Loan(Struct, frozen=True):
    """What is lent; the title "bad" is refused, and "worse" a defect."""

    title: str
    renewals: int = 0
    by: str = ""


class Desk:
    """Loans in memory; each of `reads` is called behind one read, and may give a stale record instead."""

    def __init__(self, **hooks: Callable[..., Any]) -> None:
        declared = Hooks(**hooks)
        loans = Resource("loans", Loan, hooks=declared)
        self.store = MemoryStore([loans])
        self.inner = self.store.collection(loans)
        self.loans = loans
        self.seen: list[Observation] = []
        self.reads: list[Callable[[], Record | None]] = []
        self.read = 0
        clock = SettableClock()
        self.records = HookedRecords(
            loans,
            _Watched(self),
            make_context(lambda: ID, clock=clock, observe=self.seen.append),
            HookCalls(loans, declared, clock.monotonic, self.seen.append),
        )

    async def create(self, options: WriteOptions = UNCONDITIONAL, **fields: Any) -> Written:
        """A new loan."""
        return await settled(self.records.create(self.loans.draft_type(**fields), options))

    async def update(self, options: WriteOptions = UNCONDITIONAL, **fields: Any) -> Written:
        """Change the loan as `PUT` does."""
        return await self.records.update(ID, self.loans.changes_type(**fields), options)

    def write(self, **fields: Any) -> None:
        """Another client changes the loan."""
        self.inner.update(ID, fields, SettableClock().now())

    @property
    def kept(self) -> Any:
        """The loan as the store has it."""
        record = self.inner.get(ID)
        assert isinstance(record, Record)
        return record.value


class _Watched(Collection):
    """The desk's collection, where something may happen behind each read."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.inner)
        self._desk = desk

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """What is there, or what a cache holds of it."""
        record = await super().get(record_id, owner)
        self._desk.read += 1
        stale = self._desk.reads.pop(0)() if self._desk.reads else None
        return stale or record


def before_create(new: Loan, identity: Identity | None) -> Loan:
    """Say who asks."""
    return replace(new, by="" if identity is None else identity.subject)


def before_update(old: Loan, new: Loan, _: Identity | None) -> Loan:
    """Count renewals; the title says what else to do."""
    if new.title == "worse":
        raise KeyError(new.title)
    if new.title == "bad":
        raise Reject("title", "Is bad")
    return replace(new, renewals=old.renewals + 1)


@pytest.fixture
async def desk() -> Desk:
    """With both hooks, and one loan."""
    made = Desk(before_create=before_create, before_update=before_update)
    await made.store.open()
    await made.create(WriteOptions(identity=ALICE), title="x")
    made.seen.clear()
    return made


async def test_what_a_hook_makes_of_a_new_record_is_kept(desk: Desk) -> None:
    """With who asks, under an id of the client's choice, too."""
    draft = desk.loans.draft_type(title="y", by="mallory")
    chosen = await desk.records.create_at(make_id(2), draft, WriteOptions(identity=ALICE))
    assert Loan("x", 0, "alice") == desk.kept
    assert chosen.record is not None
    assert Loan("y", 0, "alice") == chosen.record.value
    assert [RecordCreated("loans")] == desk.seen


async def test_what_a_hook_makes_of_an_update_is_kept(desk: Desk) -> None:
    """By `PUT` and by `PATCH`; each is observed once."""
    await desk.update(title="y")
    await desk.records.patch(ID, desk.loans.patch_type(title="z", renewals=0))
    assert Loan("z", 2, "alice") == desk.kept
    assert [RecordUpdated("loans")] * 2 == desk.seen


async def test_an_update_is_made_to_what_its_hook_saw(desk: Desk) -> None:
    """Where another one came between, or a cache was stale, the hook is called again."""
    stale = desk.inner.get(ID)
    assert isinstance(stale, Record)
    desk.reads = [lambda: desk.write(renewals=5), lambda: stale]
    await desk.update(title="y")
    assert Loan("y", 6, "alice") == desk.kept
    assert 3 == desk.read


async def test_updates_that_are_always_overtaken_are_given_up(desk: Desk) -> None:
    """When the time for attempts is over, with nothing written."""
    desk.reads = [lambda: desk.write(renewals=5) for _ in range(500)]
    with pytest.raises(WriteContention):
        await desk.update(title="y")
    assert Loan("x", 5, "alice") == desk.kept
    assert 10 < desk.read < 300


@pytest.mark.parametrize(("title", "error"), [("bad", ValidationFailed), ("worse", HookFailed)])
async def test_a_refusal_of_what_is_no_longer_so_does_not_count(
    desk: Desk, title: str, error: type[Exception]
) -> None:
    """The record is read again, and it is for the hook to say the same of it."""
    desk.reads = [lambda: desk.write(renewals=5)]
    with pytest.raises(error):
        await desk.update(title=title)
    assert (2, Loan("x", 5, "alice"), []) == (desk.read, desk.kept, desk.seen)


async def test_a_precondition_comes_before_the_hook(desk: Desk) -> None:
    """Of a version that is not there, or a record that is not, no hook is asked."""
    with pytest.raises(VersionConflict):
        await desk.update(WriteOptions(expected_version=7), title="worse")
    with pytest.raises(NotFound):
        await desk.records.update(make_id(9), desk.loans.changes_type(title="worse"))


async def test_a_dry_run_asks_hooks_and_keeps_nothing(desk: Desk) -> None:
    """What would be is what the write would leave."""
    dry = WriteOptions(dry_run=True, identity=ALICE)
    written = await desk.update(dry, title="y")
    assert written.record is not None
    assert Loan("y", 1, "alice") == written.record.value
    with pytest.raises(ValidationFailed):
        await desk.update(dry, title="bad")
    assert (Loan("x", 0, "alice"), []) == (desk.kept, desk.seen)


async def test_a_create_that_is_sent_again_is_not_for_the_hook_to_refuse() -> None:
    """Its key replays what was made; an unused key leaves the refusal, and its cause."""
    closed: list[bool] = []

    def refuse(new: Loan, _: Identity | None) -> Loan:
        if closed:
            raise KeyError
        return new

    desk = Desk(before_create=refuse)
    await desk.store.open()
    made = await desk.create(once(), title="x")
    closed.append(True)
    assert Written(made.record, replayed=True) == await desk.create(once(), title="x")
    with pytest.raises(HookFailed) as failed:
        await desk.create(once("other"), title="x")
    assert isinstance(failed.value.__cause__, KeyError)
    assert [RecordCreated("loans")] == desk.seen


async def test_updates_that_no_hook_sees_are_made_without_a_read() -> None:
    """A resource that has `before_create` alone is updated as one without hooks."""
    desk = Desk(before_create=before_create)
    await desk.store.open()
    await desk.create(title="x")
    await desk.update(title="y")
    assert (0, Loan("y", 0, "")) == (desk.read, desk.kept)
