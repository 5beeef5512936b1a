"""The use cases on one resource: what a client can ask of its records."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from estuary.core.errors import IdempotencyKeyInFlight, NotFound
from estuary.core.observations import RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Clock, Collection, Observer, Written
from estuary.core.query import Page, Slice
from estuary.core.record import Position, Record, is_record_id, to_microseconds
from estuary.core.resource import Resource
from estuary.core.terms import NO_VERSION, UNCONDITIONAL, IdempotencyKey, WriteTerms

Precondition = Callable[[int], bool]
"""Whether a write may be made to a record of this version."""


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
        self._clock = clock
        self._new_id = new_id
        self._observe = observe
        self._keys_in_flight: set[tuple[str, str]] = set()
        # The observations say only which resource it was: one of each serves every request.
        self._created = RecordCreated(resource.name)
        self._updated = RecordUpdated(resource.name)
        self._deleted = RecordDeleted(resource.name)

    async def create(self, draft: msgspec.Struct, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Keep a new record of the terms' owner; raises `ValidationFailed`."""
        value = self.resource.value(draft)
        now = self._clock.now()
        record = Record(self._new_id(), 1, now, now, value, terms.owner or "")
        written = await self._write(terms, self._collection.insert, record)
        if not written.replayed:
            self._observe(self._created)
        return written

    def get(self, record_id: str, owner: str | None = None) -> Awaitable[Record]:
        """The record; raises `NotFound`. The collection's own awaitable: one frame less on the way."""
        _demand_id(record_id)
        return self._collection.get(record_id, owner)

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
        if precondition is not None:
            terms = await self._expecting(precondition, record_id, terms)
        written = await self._write(terms, self._collection.update, record_id, cleaned, self._clock.now())
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
        if precondition is not None:
            terms = await self._expecting(precondition, record_id, terms)
        written = await self._write(terms, self._collection.delete, record_id)
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
        self, terms: WriteTerms, write: Callable[..., Awaitable[Written]], *arguments: Any
    ) -> Awaitable[Written]:
        """`write` on its terms; where they hold a key, only one at a time is under way with it."""
        if terms.key is None:
            return write(*arguments, terms)
        return self._write_once(terms, terms.key, write, arguments)

    async def _write_once(
        self,
        terms: WriteTerms,
        key: IdempotencyKey,
        write: Callable[..., Awaitable[Written]],
        arguments: tuple[Any, ...],
    ) -> Written:
        """Raises `IdempotencyKeyInFlight` for a key that another request of this process is at."""
        whose = (key.subject, key.text)
        if whose in self._keys_in_flight:
            raise IdempotencyKeyInFlight
        self._keys_in_flight.add(whose)
        try:
            return await write(*arguments, terms)
        finally:
            self._keys_in_flight.discard(whose)

    async def _expecting(self, precondition: Precondition, record_id: str, terms: WriteTerms) -> WriteTerms:
        """`terms` with the record's version as it is now, if that meets the precondition.

        If not, or where there is no record, a version is expected that never is: the store then raises
        the error that is due, unless the write is a repeated one and was made before.
        """
        try:
            version = (await self._collection.get(record_id, terms.owner)).version
        except NotFound:
            version = NO_VERSION
        expected = version if version != NO_VERSION and precondition(version) else NO_VERSION
        return WriteTerms(terms.owner, expected, terms.key)


def _demand_id(record_id: str) -> None:
    """Ids are canonical UUIDs: any other text names nothing, on every store alike."""
    if not is_record_id(record_id):
        raise NotFound(record_id)
