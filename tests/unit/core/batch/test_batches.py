"""Batches are planned from the records that they depend on, again where these have changed."""

from collections.abc import Sequence
from typing import Any

import pytest

from estuary.core.batch.batches import Batches
from estuary.core.batch.operations import Operation, Target, Verb
from estuary.core.errors import (
    NotFound,
    ValidationFailed,
    VersionConflict,
    WriteContention,
    WriteRefused,
)
from estuary.core.items import ITEMS, Item
from estuary.core.observations import BatchMade, Observation, RecordUpdated
from estuary.core.record import Written
from estuary.core.writes.writes import IdempotencyKey, Update, Write
from estuary.stores.memory import MemoryStore
from tests.contract.making import LATER, make_id, make_record
from tests.support.contexts import make_context


class Desk:
    """Batches over items in memory, into which others write just before the first transactions."""

    def __init__(self, others: int = 0) -> None:
        self.store = MemoryStore([ITEMS])
        self.seen: list[Observation] = []
        self.batches = Batches(self._transact, make_context(lambda: make_id(99), observe=self.seen.append))
        self.target = Target(ITEMS, self.store.collection(ITEMS), lambda: make_id(99))
        self._others = others

    async def open(self) -> "Desk":
        """With one item, at version 1."""
        await self.store.open()
        self.store.collection(ITEMS).insert(make_record(1))
        return self

    def renaming(self, name: str, *versions: int, number: int = 1) -> Operation:
        """Another name for an item that is in one of these versions."""
        body = ITEMS.changes_type(name=name)
        return Operation(self.target, Verb.UPDATE, make_id(number), body, holds=versions.__contains__)

    def _transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        if self._others:
            self._others -= 1
            self.store.transact([Update("items", make_id(1), {"description": "theirs"}, LATER)])
        return self.store.transact(writes, key=key, dry_run=dry_run)


async def refusal(desk: Desk, *operations: Operation) -> tuple[int, Any]:
    """Which of the operations is refused, and why."""
    with pytest.raises(WriteRefused) as raised:
        await desk.batches.make(operations)
    assert [] == desk.seen
    return raised.value.index, raised.value.refusal


async def test_later_operations_expect_what_earlier_ones_leave() -> None:
    """Each finds its version by those before it."""
    desk = await Desk().open()
    made = await desk.batches.make([desk.renaming("a", 1), desk.renaming("b", 2), desk.renaming("c", 3)])
    assert [2, 3, 4] == [each.record.version for each in made if each.record]
    assert [*[RecordUpdated("items")] * 3, BatchMade(3)] == desk.seen


async def test_a_record_that_changed_meanwhile_is_read_again() -> None:
    """Again and again, after pauses; when their time is over the batch gives way."""
    desk = await Desk(others=12).open()
    (made,) = await desk.batches.make([desk.renaming("a", *range(99))])
    assert made.record is not None
    assert (14, Item("a", "theirs")) == (made.record.version, made.record.value)
    desk = await Desk(others=2000).open()
    with pytest.raises(WriteContention):
        await desk.batches.make([desk.renaming("a", *range(2000))])


async def test_a_version_that_is_not_admitted_is_refused() -> None:
    """Whether it was read so or came about meanwhile; the error has the current one."""
    for others, current in ((0, 1), (1, 2)):
        desk = await Desk(others).open()
        admitted = (3,) if others == 0 else (1,)
        index, error = await refusal(desk, desk.renaming("a", *admitted))
        assert (0, VersionConflict, current) == (index, type(error), error.current)


async def test_the_first_that_cannot_be_made_is_told() -> None:
    """Of broken rules and of records that are not there, whichever comes first."""
    desk = await Desk().open()
    broken, absent = desk.renaming("", 1), desk.renaming("a", 1, number=7)
    fine = desk.renaming("a", 1)
    assert (1, ValidationFailed) == _kind(await refusal(desk, fine, broken, absent))
    assert (1, NotFound) == _kind(await refusal(desk, fine, absent, broken))
    blind = Operation(desk.target, Verb.DELETE, make_id(7))
    assert (1, NotFound) == _kind(await refusal(desk, fine, blind, broken))
    nameless = Operation(desk.target, Verb.CREATE, "", ITEMS.draft_type(name=""))
    assert (0, ValidationFailed) == _kind(await refusal(desk, nameless, blind))
    assert (0, NotFound) == _kind(await refusal(desk, Operation(desk.target, Verb.DELETE, "x"), nameless))


def _kind(reported: tuple[int, Exception]) -> tuple[int, type[Exception]]:
    return reported[0], type(reported[1])
