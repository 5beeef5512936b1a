"""Batches: several operations on records of any resources, made as one transaction."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.batch.operations import Operation, Verb
from estuary.core.batch.planning import GoesWith, Plan, alone
from estuary.core.errors import IdempotencyKeyInFlight, WriteContention, WriteRefused
from estuary.core.observations import BatchMade, RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.record import Written
from estuary.core.service_context import ServiceContext
from estuary.core.writes.contention import Attempts
from estuary.core.writes.writes import IdempotencyKey, Write


class Transact(Protocol):
    """Makes several writes as one; see `Store.transact`."""

    def __call__(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> MaybeAwaitable[Sequence[Written]]:
        """The outcome of each."""
        ...


class Batches:
    """Makes batches; of those with the same key, one at a time."""

    def __init__(self, transact: Transact, context: ServiceContext, goes_with: GoesWith = alone) -> None:
        self._transact = transact
        self._goes_with = goes_with
        self._now = context.clock.now
        self._attempts = context.attempts
        self._observe = context.observe
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
        with self._attempts() as attempts:
            return await self._attempted(operations, key, attempts, dry_run=dry_run)

    async def _attempted(
        self,
        operations: Sequence[Operation],
        key: IdempotencyKey | None,
        attempts: Attempts,
        *,
        dry_run: bool,
    ) -> Sequence[Written]:
        now, learned = self._now(), _Learned()
        while True:
            plan = await Plan.of(operations, now, learned.first_versions, self._goes_with)
            try:
                made = await settled(self._transact(plan.writes, key=key, dry_run=dry_run))
            except WriteContention:
                lost = operations[0].place
            except WriteRefused as refused:
                if learned.first_version(plan, refused):
                    continue
                retried = plan.is_out_of_date(refused) and not learned.vanished(plan, refused)
                if not retried and not learned.lost_race(plan, refused):
                    refusal = plan.refusal_of(refused)
                    raise refusal from refusal.refusal
                lost = plan.operations[refused.index].place
            else:
                self._report(plan.operations, made)
                return made
            await attempts.lost(lost)

    def _report(self, operations: Sequence[Operation], made: Sequence[Written]) -> None:
        """Observe what was made; nothing was in a dry run, or where an earlier request made it."""
        for operation, written in zip(operations, made, strict=True):
            if written.made:
                self._observe(_observation(operation))
        if any(written.made for written in made):
            self._observe(BatchMade(len(operations)))


class _Learned:
    """What the next attempt at a batch learns from refusals of earlier ones."""

    def __init__(self) -> None:
        self.first_versions: dict[int, int] = {}
        """The first versions of created records, by the places of the operations that create them."""
        self._lost: set[int] = set()
        self._vanished: set[int] = set()

    def first_version(self, plan: Plan, refused: WriteRefused) -> bool:
        """Whether `refused` gives the first version of a record, which was not known before."""
        first = plan.first_version(refused) if plan.is_out_of_date(refused) else None
        if first is None:
            return False
        creating, version = first
        is_new = creating not in self.first_versions
        self.first_versions[creating] = version
        return is_new

    def vanished(self, plan: Plan, refused: WriteRefused) -> bool:
        """Whether a record that was found by a value is found, and is not there, for the second time.

        Then it is an earlier operation of the batch that takes it away, with a record that it refers to.
        """
        if not plan.vanished(refused):
            return False
        again = refused.index in self._vanished
        self._vanished.add(refused.index)
        return again

    def lost_race(self, plan: Plan, refused: WriteRefused) -> bool:
        """Whether an upsert found no record, and is then refused for one: the first time, one came between.

        The second time it is one that its owner cannot see.
        """
        if not plan.lost_race(refused) or refused.index in self._lost:
            return False
        self._lost.add(refused.index)
        return True


_OBSERVATIONS: Mapping[Verb, type[RecordCreated | RecordUpdated | RecordDeleted]] = {
    # An upsert is one of these by the time that it was made.
    Verb.CREATE: RecordCreated,
    Verb.UPDATE: RecordUpdated,
    Verb.PATCH: RecordUpdated,
    Verb.DELETE: RecordDeleted,
}


def _observation(operation: Operation) -> RecordCreated | RecordUpdated | RecordDeleted:
    return _OBSERVATIONS[operation.verb](operation.target.resource.name)
