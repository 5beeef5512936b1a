"""The use cases on one resource: what a client can ask of its records."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from estuary.core.attributes import value_of
from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.conditions import SortKey
from estuary.core.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, NotFound, VersionConflict
from estuary.core.list_queries import ListQueries
from estuary.core.observations import RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Clock, Collection, Observer
from estuary.core.query import ListQuery, ListResult, SortedPosition
from estuary.core.record import Position, Record, Written
from estuary.core.record_id import is_record_id
from estuary.core.resource import Resource
from estuary.core.writes import NO_VERSION, UNCONDITIONAL, IdempotencyKey, WriteOptions

Precondition = Callable[[int], bool]
"""Whether a write may be made to a record of this version."""

_Write = Callable[..., MaybeAwaitable[Written]]
"""A collection's write; it takes its options last."""

_ATTEMPTS = 4
"""How often a write with a precondition is tried: once to learn the version, then to write to it."""


class RecordService:
    """Creates, reads, updates, deletes and lists the records of one resource.

    `new_id` makes canonical UUIDs that never repeat. `require_index` refuses list queries that no index
    serves. Errors of the collection pass through unchanged.
    """

    def __init__(
        self,
        resource: Resource,
        collection: Collection,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        observe: Observer,
        require_index: bool = False,
    ) -> None:
        self.resource = resource
        self._collection = collection
        self._lists = ListQueries(
            resource,
            collection.list,
            monotonic=clock.monotonic,
            observe=observe,
            require_index=require_index,
        )
        self._insert = collection.insert
        self._get = collection.get
        self._clock = clock
        self._new_id = new_id
        self._observe = observe
        self._keys_in_flight: set[tuple[str, str, str]] = set()
        # The observations say only which resource it was: one of each serves every request.
        self._created = RecordCreated(resource.name)
        self._updated = RecordUpdated(resource.name)
        self._deleted = RecordDeleted(resource.name)

    def create(
        self, draft: msgspec.Struct, options: WriteOptions = UNCONDITIONAL
    ) -> MaybeAwaitable[Written]:
        """Keep a new record, of the owner that `options` name; raises `ValidationFailed`."""
        value = self.resource.value(draft)
        now = self._clock.now()
        record = Record(self._new_id(), 1, now, now, value, options.owner or "")
        if options.key is not None:
            return self._create_once(record, options.key, options)
        written = self._insert(record, options)
        if not isinstance(written, Written):
            return self._created_later(written)
        self._observe(self._created)
        return written

    async def _created_later(self, insert: Awaitable[Written]) -> Written:
        written = await insert
        self._observe(self._created)
        return written

    async def _create_once(self, record: Record, key: IdempotencyKey, options: WriteOptions) -> Written:
        written = await self._write_once(key, options, self._insert, (record,))
        if not written.replayed:
            self._observe(self._created)
        elif written.record is None or written.record.owner != record.owner:
            # A release that kept keys without their owners may have kept this one, for another owner.
            raise IdempotencyKeyReused
        return written

    def get(self, record_id: str, owner: str | None = None) -> MaybeAwaitable[Record]:
        """The record; raises `NotFound`."""
        _demand_id(record_id)
        return self._get(record_id, owner)

    async def update(
        self,
        record_id: str,
        changes: msgspec.Struct,
        options: WriteOptions = UNCONDITIONAL,
        precondition: Precondition | None = None,
    ) -> Written:
        """Change what `changes` sets; raises `ValidationFailed`, then `NotFound` or `VersionConflict`."""
        cleaned = self.resource.changes(changes)
        _demand_id(record_id)
        arguments = record_id, cleaned, self._clock.now()
        written = await self._write(options, precondition, self._collection.update, *arguments)
        if not written.replayed:
            self._observe(self._updated)
        return written

    async def delete(
        self,
        record_id: str,
        options: WriteOptions = UNCONDITIONAL,
        precondition: Precondition | None = None,
    ) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        _demand_id(record_id)
        written = await self._write(options, precondition, self._collection.delete, record_id)
        if not written.replayed:
            self._observe(self._deleted)
        return written

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """What `query` asks for; by cursor, also where to go on from. Raises `QueryTooExpensive`."""
        if query.offset is not None:
            return self._find(query)
        # One record more than is shown tells whether any follows.
        result = self._find(replace(query, limit=query.limit + 1))
        return _cut(result, query) if isinstance(result, ListResult) else _cut_later(result, query)

    def _find(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        if query.where or query.sort:
            return self._lists.ask(query)
        self._lists.plain()
        return self._collection.list(query)

    async def _write(
        self, options: WriteOptions, precondition: Precondition | None, write: _Write, *arguments: Any
    ) -> Written:
        """`write` to a version that meets the precondition; with a key one at a time."""
        if precondition is not None:
            return await self._write_meeting(precondition, options, write, arguments)
        if options.key is not None:
            return await self._write_once(options.key, options, write, arguments)
        return await settled(write(*arguments, options))

    async def _write_once(
        self, key: IdempotencyKey, options: WriteOptions, write: _Write, arguments: tuple[Any, ...]
    ) -> Written:
        """Raises `IdempotencyKeyInFlight` for a key that another request of this process is at."""
        place = key.place
        if place in self._keys_in_flight:
            raise IdempotencyKeyInFlight
        self._keys_in_flight.add(place)
        try:
            return await settled(write(*arguments, options))
        finally:
            self._keys_in_flight.discard(place)

    async def _write_meeting(
        self, precondition: Precondition, options: WriteOptions, write: _Write, arguments: tuple[Any, ...]
    ) -> Written:
        """Raises `VersionConflict` where the version that is there does not meet the precondition.

        The first attempt expects a version that never is, and so is told the current one by the store
        itself, not by some cache before it; or it is told that there is no record, or that this write was
        made before. The attempts are bounded, for others may write in between.
        """
        expected = NO_VERSION
        for _ in range(_ATTEMPTS):
            try:
                attempt = WriteOptions(options.owner, expected, options.key)
                return await self._write(attempt, None, write, *arguments)
            except VersionConflict as conflict:
                if not precondition(conflict.current):
                    raise
                expected = conflict.current
        raise VersionConflict(expected)


def _cut(result: ListResult, query: ListQuery) -> ListResult:
    """At most as many records as are asked for, and the position of the last where others were cut off."""
    if len(result.records) <= query.limit:
        return result
    shown = result.records[: query.limit]
    return ListResult(shown, result.total, _position(shown[-1], query.sort))


async def _cut_later(result: Awaitable[ListResult], query: ListQuery) -> ListResult:
    return _cut(await result, query)


def _position(record: Record, sort: Sequence[SortKey]) -> Position | SortedPosition:
    """The place of `record` in the order that `sort` asks for."""
    if not sort:
        return Position(record.created, record.id)
    return SortedPosition(tuple([value_of(record, key.field) for key in sort]), record.id)


def _demand_id(record_id: str) -> None:
    """Ids are canonical UUIDs: any other text names nothing, on every store alike."""
    if not is_record_id(record_id):
        raise NotFound(record_id)
