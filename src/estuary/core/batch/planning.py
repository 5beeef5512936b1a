"""What a batch is to write, planned from the records that its operations depend on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from estuary.core.batch.foreseen_records import ForeseenRecords
from estuary.core.batch.operations import Operation, Verb
from estuary.core.errors import (
    HookFailed,
    NotFound,
    PreconditionFailed,
    SeveralRecords,
    UniqueConflict,
    ValidationFailed,
    VersionConflict,
    WriteContention,
    WriteRefused,
)
from estuary.core.record import Place
from estuary.core.writes.writes import Delete, Insert, Write, id_of

_SPEAKING_AGAINST = (
    HookFailed,
    NotFound,
    PreconditionFailed,
    SeveralRecords,
    ValidationFailed,
    WriteContention,
)


class GoesWith(Protocol):
    """Gives what a delete changes and deletes besides its record."""

    async def __call__(self, delete: Delete, earlier: Sequence[Write], /) -> Sequence[Write]:
        """The writes that come before it, where `earlier` ones were made; none where it is refused."""
        ...


async def alone(_delete: Delete, _earlier: Sequence[Write]) -> Sequence[Write]:
    """What goes with a record that none refers to: implements `GoesWith`."""
    return ()


class Plan:
    """The writes that operations stand for, as far as the records that were read are still so.

    Where one cannot be made as planned, it is replaced by a write that the store refuses, and behind it
    likewise: the store decides first about all before it, and whether its key was used before.

    `first_versions` are those of new records, by the places of their operations, where earlier plans were
    told that they are not 1: a deleted record's id was chosen.
    """

    def __init__(self, operations: Sequence[Operation], first_versions: Mapping[int, int]) -> None:
        self.operations = list(operations)
        """On the records that were found to have the values which name records."""
        self.writes: list[Write] = []
        self._asked = operations
        self._first_versions = first_versions
        self._records = ForeseenRecords(operations)
        self._versions: dict[int, int] = {}
        """The versions of the records from which operations were planned, by the operations' places."""
        self._creating: dict[Place, int] = {}
        """The places of the operations that create records under ids that their clients chose."""
        self._refusal: WriteRefused | None = None

    @classmethod
    async def of(
        cls,
        operations: Sequence[Operation],
        now: datetime,
        first_versions: Mapping[int, int],
        goes_with: GoesWith,
    ) -> "Plan":
        """The plan for `operations` with what can be read now."""
        plan = cls(operations, first_versions)
        await plan._records.read()
        for index in range(len(operations)):
            plan._add(index, now)
            await plan._follow_others(index, goes_with)
        return plan

    def is_out_of_date(self, refused: WriteRefused) -> bool:
        """Whether the store refused a write that may be made to what is there now."""
        operation, conflict = self.operations[refused.index], refused.refusal
        own, seen = self._refusal, self._versions.get(refused.index)
        if own is not None and own.index == refused.index and isinstance(own.refusal, WriteContention):
            return True
        if self.vanished(refused):
            return True  # another record may have the value now
        return (
            operation.depends
            and isinstance(conflict, VersionConflict)
            and conflict.current != seen
            and (operation.named is not None or operation.accepts(conflict.current))
        )

    def vanished(self, refused: WriteRefused) -> bool:
        """Whether the record is not there any more that was found to have the operation's value."""
        found = refused.index in self._versions and self.operations[refused.index].named is not None
        return found and isinstance(refused.refusal, NotFound)

    def lost_race(self, refused: WriteRefused) -> bool:
        """Whether an upsert was to create a record, and another one has taken the value meanwhile."""
        return self._asked[refused.index].verb is Verb.UPSERT and self._is_of_value(refused)

    def first_version(self, refused: WriteRefused) -> tuple[int, int] | None:
        """The first version of a record that an earlier operation creates, as the refusal gives it.

        That is the operation's place, and the version; None where it gives none.
        """
        creating = self._creating.get(self.operations[refused.index].place)
        seen = self._versions.get(refused.index)
        if creating is None or seen is None or not isinstance(refused.refusal, VersionConflict):
            return None
        return creating, self._first_version(creating) + refused.refusal.current - seen

    def refusal_of(self, refused: WriteRefused) -> WriteRefused:
        """Why the operation that the store refused cannot be made."""
        own = self._refusal
        if own is None or refused.index < own.index:
            return self._as_precondition(refused)
        # What was read may be out of date: of a record's absence, or its version, the store knows better.
        is_of_record = isinstance(own.refusal, NotFound | VersionConflict)
        return refused if is_of_record and self.operations[own.index].depends else own

    def _as_precondition(self, refused: WriteRefused) -> WriteRefused:
        """`refused`, as a failed precondition where it is that no record has the value yet."""
        if self._asked[refused.index].verb is Verb.CREATE and self._is_of_value(refused):
            return WriteRefused(refused.index, PreconditionFailed())
        return refused

    def _is_of_value(self, refused: WriteRefused) -> bool:
        """Whether another record has the value that names the operation's."""
        named, conflict = self._asked[refused.index].named, refused.refusal
        return (
            named is not None
            and isinstance(conflict, UniqueConflict)
            and conflict.fields == named.key.fields
        )

    def _add(self, index: int, now: datetime) -> None:
        if self._refusal is None:
            try:
                self.writes.append(self._planned(index, now))
            except _SPEAKING_AGAINST as error:
                self._refusal = WriteRefused(index, error)
        if self._refusal is not None:
            self.writes.append(self.operations[index].refused_write())

    async def _follow_others(self, index: int, goes_with: GoesWith) -> None:
        """Take in what a delete makes of other records, where operations behind it may depend on these."""
        write = self.writes[index]
        if self._refusal is not None or not isinstance(write, Delete):
            return
        if any(operation.depends for operation in self._asked[index + 1 :]):
            for other in await goes_with(write, self.writes[:index]):
                self._records.follow(Place(other.resource, id_of(other)), other, 1)

    def _planned(self, index: int, now: datetime) -> Write:
        operation = self.operations[index]
        if operation.broken is not None:
            raise operation.broken
        if operation.named is not None and operation.verb is not Verb.CREATE:
            operation.check(now)
            operation = self.operations[index] = operation.on(self._records.named(operation))
        seen = self._records.at(operation.place, operation.owner)
        if seen is not None:
            self._versions[index] = seen.version
        write = operation.write(seen, now)
        place = Place(write.resource, id_of(write))
        if isinstance(write, Insert) and write.options.client_id:
            self._creating[place] = index
        self._records.follow(place, write, self._first_version(index))
        return write

    def _first_version(self, creating: int) -> int:
        return self._first_versions.get(creating, 1)
