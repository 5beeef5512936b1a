"""The use cases on a record that is named by its value of a unique key, not by its id.

A write is made to the version of the record that was found to have the value: where another one came
between, which may have taken the value away, the record is looked for again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from estuary.core.awaiting import settled
from estuary.core.errors import (
    NotFound,
    PreconditionFailed,
    SeveralRecords,
    UniqueConflict,
    VersionConflict,
)
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Place, Record, Written
from estuary.core.record_id import NO_RECORD
from estuary.core.record_service import RecordService
from estuary.core.writes.contention import Attempts
from estuary.core.writes.pending_writes import VersionPredicate
from estuary.core.writes.writes import NO_VERSION, WriteOptions

Write = Callable[[str, WriteOptions], Awaitable[Written]]
"""Writes to the record with an id."""


class RecordsByKey:
    """The records of a service by the value of `key`, which has one field.

    Where no owner is given several records, each of another owner, may have the value: `SeveralRecords`.
    """

    def __init__(self, records: RecordService, key: UniqueKey) -> None:
        self._records = records
        self._key = key
        (field,) = key.fields
        self._queue = f"{records.resource.name}/by/{field}"

    async def get(self, value: Any, owner: str | None) -> Record:
        """The record; raises `NotFound`."""
        found = await self._found(value, owner)
        if found is None:
            raise NotFound
        return found

    async def all_with(self, value: Any) -> Sequence[Record]:
        """The records of all owners that have the value; see `Collection.find`."""
        return (await settled(self._records.find(self._key, (value,), None))).records

    def value(self, draft: msgspec.Struct, options: WriteOptions) -> msgspec.Struct:
        """The value that would be kept for `draft`; see `RecordService.value`."""
        return self._records.value(draft, options)

    def check(self, patch: msgspec.Struct) -> None:
        """Raise `ValidationFailed` for what `patch` breaks in any record: that comes before `NotFound`."""
        if not self._records.resource.merges(patch):
            self._records.resource.patch(patch)

    async def patch(
        self, value: Any, patch: msgspec.Struct, options: WriteOptions, holds: VersionPredicate | None
    ) -> Written:
        """Set and clear what `patch` names; raises as `RecordService.patch` does."""
        self.check(patch)
        return await self._written(
            value, options, holds, lambda found, given: self._records.patch(found, patch, given)
        )

    async def delete(self, value: Any, options: WriteOptions, holds: VersionPredicate | None) -> Written:
        """Remove the record; raises as `RecordService.delete` does."""
        return await self._written(value, options, holds, self._records.delete)

    async def put(
        self,
        value: Any,
        changes: msgspec.Struct,
        options: WriteOptions,
        holds: VersionPredicate | None,
        *,
        draft: msgspec.Struct,
        creation: WriteOptions | None,
    ) -> Written:
        """Set what `changes` sets, or where there is no record keep `draft`, whose value it is.

        Without `creation`, the options of that, none is kept: there `NotFound` is raised. Raises
        `ValidationFailed` for either, `PreconditionFailed` where a version is expected and there is no
        record, and as a write and a create do.
        """
        self._records.value(draft, options)
        conditional = options.expected_version is not None or holds is not None

        def update(found: str, given: WriteOptions) -> Awaitable[Written]:
            return self._records.update(found, changes, given)

        with self._records.attempts() as attempts:
            while True:
                try:
                    return await self._write(value, options, holds, update, attempts)
                except NotFound:
                    if conditional:
                        raise PreconditionFailed from None
                    if creation is None:
                        raise
                try:
                    return await self.create(draft, creation)
                except UniqueConflict as conflict:
                    # Another one made it meanwhile: it is there to be changed. Of another owner it is not.
                    if (
                        conflict.fields != self._key.fields
                        or await self._found(value, options.owner) is None
                    ):
                        raise
                await attempts.lost(self._turn(value, options.owner))

    async def create(self, draft: msgspec.Struct, options: WriteOptions) -> Written:
        """Keep `draft`; raises as `RecordService.create` does."""
        return await settled(self._records.create(draft, options))

    async def _written(
        self, value: Any, options: WriteOptions, holds: VersionPredicate | None, write: Write
    ) -> Written:
        with self._records.attempts() as attempts:
            return await self._write(value, options, holds, write, attempts)

    async def _write(
        self,
        value: Any,
        options: WriteOptions,
        holds: VersionPredicate | None,
        write: Write,
        attempts: Attempts,
    ) -> Written:
        while True:
            found = await self._found(value, options.owner)
            if found is None and options.key is None:
                raise NotFound
            if found is None or not _admits(found.version, options, holds):
                # The store decides: a write that carries this key may have been made before.
                record_id = NO_RECORD if found is None else found.id
                return await write(record_id, replace(options, expected_version=NO_VERSION))
            try:
                return await write(found.id, replace(options, expected_version=found.version))
            except (NotFound, VersionConflict):
                await attempts.lost(self._turn(value, options.owner))

    def _turn(self, value: Any, owner: str | None) -> Place:
        """Where those who write to the record take turns: not at its own place, which the write may."""
        return Place(self._queue, f"{owner}/{self._key.values((value,))}")

    async def _found(self, value: Any, owner: str | None) -> Record | None:
        found = (await settled(self._records.find(self._key, (value,), owner))).records
        if len(found) > 1:
            raise SeveralRecords
        return found[0] if found else None


def _admits(version: int, options: WriteOptions, holds: VersionPredicate | None) -> bool:
    return options.expected_version in (None, version) and (holds is None or holds(version))
