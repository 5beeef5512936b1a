"""Batches: several operations on records of any resources, made as one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, assert_never

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.batch.operations import Operation, Verb
from estuary.core.errors import (
    HookFailed,
    IdempotencyKeyInFlight,
    NotFound,
    ValidationFailed,
    VersionConflict,
    WriteContention,
    WriteRefused,
)
from estuary.core.observations import BatchMade, RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Clock, Observer
from estuary.core.record import Place, Record, Written
from estuary.core.record_id import is_record_id
from estuary.core.writes import Delete, IdempotencyKey, Insert, Update, Write

_ATTEMPTS = 4
"""How often operations are planned from records that others write to in between."""


class Transact(Protocol):
    """Makes several writes as one; see `Store.transact`."""

    def __call__(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> MaybeAwaitable[Sequence[Written]]:
        """What each left behind."""
        ...


class Batches:
    """Makes batches; of those with the same key, one at a time."""

    def __init__(self, transact: Transact, clock: Clock, observe: Observer) -> None:
        self._transact = transact
        self._now = clock.now
        self._observe = observe
        self._keys_in_flight: set[tuple[str, str, str]] = set()

    async def make(
        self,
        operations: Sequence[Operation],
        key: IdempotencyKey | None = None,
        *,
        dry_run: bool = False,
    ) -> Sequence[Written]:
        """Make all of `operations` in their order, or none; what each left behind.

        Raises `WriteRefused` for the first that cannot be made, `WriteContention`, `TransactionTooLarge`,
        `IdempotencyKeyReused`, `IdempotencyKeyInFlight`, and what a store raises.
        """
        if key is None:
            return await self._made(operations, None, dry_run=dry_run)
        if key.place in self._keys_in_flight:
            raise IdempotencyKeyInFlight
        self._keys_in_flight.add(key.place)
        try:
            return await self._made(operations, key, dry_run=dry_run)
        finally:
            self._keys_in_flight.discard(key.place)

    async def _made(
        self, operations: Sequence[Operation], key: IdempotencyKey | None, *, dry_run: bool
    ) -> Sequence[Written]:
        for _ in range(_ATTEMPTS):
            plan = await _Plan.of(operations, self._now())
            try:
                made = await settled(self._transact(plan.writes, key=key, dry_run=dry_run))
            except WriteRefused as refused:
                if not plan.is_out_of_date(refused):
                    refusal = plan.refusal_of(refused)
                    raise refusal from refusal.refusal
            else:
                self._report(operations, made)
                return made
        raise WriteContention

    def _report(self, operations: Sequence[Operation], made: Sequence[Written]) -> None:
        """Observe what was made; nothing was in a dry run, or where an earlier request made it."""
        for operation, written in zip(operations, made, strict=True):
            if written.made:
                self._observe(_observation(operation))
        if any(written.made for written in made):
            self._observe(BatchMade(len(operations)))


class _Plan:
    """The writes that operations stand for, as far as the records that were read are still so.

    Where one cannot be made as planned, a write stands in its place that the store refuses, and behind it
    likewise: the store decides first about all before it, and whether its key was used before.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = operations
        self._seen: dict[Place, Record | None] = {}
        """As the writes that are planned so far leave them; only those that some operation depends on."""
        self._versions: dict[int, int] = {}
        """Of the records that operations, by their places, were planned from."""
        self._refusal: WriteRefused | None = None
        self.writes: list[Write] = []

    @classmethod
    async def of(cls, operations: Sequence[Operation], now: datetime) -> "_Plan":
        """The plan for `operations` with what can be read now."""
        plan = cls(operations)
        followed = {operation.place for operation in operations if operation.depends}
        for index, operation in enumerate(operations):
            if operation.place in followed and operation.place not in plan._seen:
                plan._seen[operation.place] = await _read(operation)
            plan._add(index, operation, now)
        return plan

    def is_out_of_date(self, refused: WriteRefused) -> bool:
        """Whether the store refused a write that another version of the record admits."""
        operation, conflict = self._operations[refused.index], refused.refusal
        return (
            operation.depends
            and isinstance(conflict, VersionConflict)
            and conflict.current != self._versions.get(refused.index)
            and operation.accepts(conflict.current)
        )

    def refusal_of(self, refused: WriteRefused) -> WriteRefused:
        """Why the operation that the store refused cannot be made."""
        own = self._refusal
        if own is None or refused.index < own.index:
            return refused
        # What was read may be out of date: of a record's absence, or its version, the store knows better.
        is_of_record = isinstance(own.refusal, NotFound | VersionConflict)
        return refused if is_of_record and self._operations[own.index].depends else own

    def _add(self, index: int, operation: Operation, now: datetime) -> None:
        if self._refusal is not None:
            self.writes.append(operation.refused_write())
            return
        seen = self._seen.get(operation.place)
        if seen is not None:
            self._versions[index] = seen.version
        try:
            write = operation.write(seen, now)
        except (HookFailed, NotFound, ValidationFailed, VersionConflict) as error:
            self._refusal = WriteRefused(index, error)
            write = operation.refused_write()
        else:
            if operation.place in self._seen:
                self._seen[operation.place] = _left_by(write, seen)
        self.writes.append(write)


async def _read(operation: Operation) -> Record | None:
    if not is_record_id(operation.record_id):
        return None
    try:
        return await settled(operation.target.get(operation.record_id, operation.owner))
    except NotFound:
        return None


def _left_by(write: Write, seen: Record | None) -> Record | None:
    """The record as `write` leaves it, None where there is none."""
    match write:
        case Insert():
            return write.record
        case Update():
            if seen is None or (write.options.if_changed and seen.has(write.changes)):
                return seen
            value = replace(seen.value, **write.changes)
            return Record(seen.id, seen.version + 1, seen.created, write.updated_at, value, seen.owner)
        case Delete():
            return None
        case _ as unknown:
            assert_never(unknown)


_OBSERVATIONS: Mapping[Verb, type[RecordCreated | RecordUpdated | RecordDeleted]] = {
    Verb.CREATE: RecordCreated,
    Verb.UPDATE: RecordUpdated,
    Verb.PATCH: RecordUpdated,
    Verb.DELETE: RecordDeleted,
}


def _observation(operation: Operation) -> RecordCreated | RecordUpdated | RecordDeleted:
    return _OBSERVATIONS[operation.verb](operation.target.resource.name)
