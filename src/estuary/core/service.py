"""The use cases on one resource: what a client can ask of its records."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from estuary.core.errors import IdempotencyKeyInFlight, IdempotencyKeyReused, NotFound, VersionConflict
from estuary.core.moments import to_microseconds
from estuary.core.observations import RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Clock, Collection, ImmediateInserts, ImmediateReads, Observer
from estuary.core.query import Page, Slice
from estuary.core.record import Position, Record, Written
from estuary.core.record_id import is_record_id
from estuary.core.resource import Resource
from estuary.core.terms import NO_VERSION, UNCONDITIONAL, IdempotencyKey, WriteTerms

Precondition = Callable[[int], bool]
"""Whether a write may be made to a record of this version."""

_Write = Callable[..., Awaitable[Written]]
"""A collection's write; it takes its terms last."""

_ATTEMPTS = 4
"""How often a write with a precondition is tried: once to learn the version, then to write to it."""


class Records:
    """Creates, reads, updates, deletes and lists the records of one resource.

    `new_id` makes canonical UUIDs that never repeat. Errors of the collection pass through unchanged.
    """

    def __init__(
        self,
        resource: Resource,
        collection: Collection,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        observe: Observer,
    ) -> None:
        self.resource = resource
        self._collection = collection
        self._insert_now = collection.insert_now if isinstance(collection, ImmediateInserts) else None
        self._get = collection.get_now if isinstance(collection, ImmediateReads) else collection.get
        self._clock = clock
        self._new_id = new_id
        self._observe = observe
        self._keys_in_flight: set[tuple[str, str, str]] = set()
        # The observations say only which resource it was: one of each serves every request.
        self._created = RecordCreated(resource.name)
        self._updated = RecordUpdated(resource.name)
        self._deleted = RecordDeleted(resource.name)

    def create(
        self, draft: msgspec.Struct, terms: WriteTerms = UNCONDITIONAL
    ) -> Written | Awaitable[Written]:
        """Keep a new record of the terms' owner, at once where that can be; raises `ValidationFailed`."""
        value = self.resource.value(draft)
        now = self._clock.now()
        record = Record(self._new_id(), 1, now, now, value, terms.owner or "")
        if self._insert_now is None or terms.key is not None:
            return self._create(record, terms)
        written = self._insert_now(record, terms)
        self._observe(self._created)
        return written

    async def _create(self, record: Record, terms: WriteTerms) -> Written:
        written = await self._write(terms, None, self._collection.insert, record)
        if not written.replayed:
            self._observe(self._created)
        elif written.record is None or written.record.owner != record.owner:
            # A release that kept keys without their owners may have kept this one, for another owner.
            raise IdempotencyKeyReused
        return written

    def get(self, record_id: str, owner: str | None = None) -> Record | Awaitable[Record]:
        """The record, or what to wait for where it cannot be had at once; raises `NotFound`."""
        _demand_id(record_id)
        return self._get(record_id, owner)

    async def update(
        self,
        record_id: str,
        changes: msgspec.Struct,
        terms: WriteTerms = UNCONDITIONAL,
        precondition: Precondition | None = None,
    ) -> Written:
        """Change what `changes` sets; raises `ValidationFailed`, then `NotFound` or `VersionConflict`."""
        cleaned = self.resource.changes(changes)
        _demand_id(record_id)
        arguments = record_id, cleaned, self._clock.now()
        written = await self._write(terms, precondition, self._collection.update, *arguments)
        if not written.replayed:
            self._observe(self._updated)
        return written

    async def delete(
        self,
        record_id: str,
        terms: WriteTerms = UNCONDITIONAL,
        precondition: Precondition | None = None,
    ) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        _demand_id(record_id)
        written = await self._write(terms, precondition, self._collection.delete, record_id)
        if not written.replayed:
            self._observe(self._deleted)
        return written

    async def slice(self, asked: Slice, owner: str | None = None) -> tuple[Sequence[Record], int]:
        """The records of the slice, and how many there are in all."""
        return await self._collection.slice(asked.offset, asked.limit, owner)

    async def page(self, asked: Page, owner: str | None = None) -> tuple[Sequence[Record], Position | None]:
        """The records of the page, and where the next page starts (None after the last)."""
        records = await self._collection.page(asked.after, asked.limit + 1, owner)
        if len(records) <= asked.limit:
            return records, None
        shown = records[: asked.limit]
        last = shown[-1]
        return shown, Position(to_microseconds(last.created_at), last.id)

    def _write(
        self, terms: WriteTerms, precondition: Precondition | None, write: _Write, *arguments: Any
    ) -> Awaitable[Written]:
        """`write` on its terms, to a version that meets the precondition; with a key one at a time."""
        if precondition is not None:
            return self._write_meeting(precondition, terms, write, arguments)
        if terms.key is not None:
            return self._write_once(terms.key, terms, write, arguments)
        return write(*arguments, terms)

    async def _write_once(
        self, key: IdempotencyKey, terms: WriteTerms, write: _Write, arguments: tuple[Any, ...]
    ) -> Written:
        """Raises `IdempotencyKeyInFlight` for a key that another request of this process is at."""
        place = key.place
        if place in self._keys_in_flight:
            raise IdempotencyKeyInFlight
        self._keys_in_flight.add(place)
        try:
            return await write(*arguments, terms)
        finally:
            self._keys_in_flight.discard(place)

    async def _write_meeting(
        self, precondition: Precondition, terms: WriteTerms, write: _Write, arguments: tuple[Any, ...]
    ) -> Written:
        """Raises `VersionConflict` where the version that is there does not meet the precondition.

        The first attempt expects a version that never is, and so is told the current one by the store
        itself, not by some cache before it; or it is told that there is no record, or that this write was
        made before. The attempts are bounded, for others may write in between.
        """
        expected = NO_VERSION
        for _ in range(_ATTEMPTS):
            try:
                attempt = WriteTerms(terms.owner, expected, terms.key)
                return await self._write(attempt, None, write, *arguments)
            except VersionConflict as conflict:
                if not precondition(conflict.current):
                    raise
                expected = conflict.current
        raise VersionConflict(expected)


def _demand_id(record_id: str) -> None:
    """Ids are canonical UUIDs: any other text names nothing, on every store alike."""
    if not is_record_id(record_id):
        raise NotFound(record_id)
