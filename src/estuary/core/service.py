"""The use cases on one resource: what a client can ask of its records."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from estuary.core.errors import NotFound
from estuary.core.observations import RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Clock, Collection, Observer
from estuary.core.query import Page, Slice
from estuary.core.record import Position, Record, is_record_id, to_microseconds
from estuary.core.resource import Resource


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
        # The observations say only which resource it was: one of each serves every request.
        self._created = RecordCreated(resource.name)
        self._updated = RecordUpdated(resource.name)
        self._deleted = RecordDeleted(resource.name)

    async def create(self, draft: msgspec.Struct) -> Record:
        """Keep a new record; raises `ValidationFailed`."""
        value = self.resource.value(draft)
        now = self._clock.now()
        record = Record(self._new_id(), 1, now, now, value)
        await self._collection.insert(record)
        self._observe(self._created)
        return record

    def get(self, record_id: str) -> Awaitable[Record]:
        """The record; raises `NotFound`. The collection's own awaitable: one frame less on the way."""
        _demand_id(record_id)
        return self._collection.get(record_id)

    async def update(self, record_id: str, changes: msgspec.Struct) -> Record:
        """Change what `changes` sets; raises `ValidationFailed` first, then `NotFound`."""
        cleaned = self.resource.changes(changes)
        _demand_id(record_id)
        record = await self._collection.update(record_id, cleaned, self._clock.now())
        self._observe(self._updated)
        return record

    async def delete(self, record_id: str) -> None:
        """Remove the record; raises `NotFound`."""
        _demand_id(record_id)
        await self._collection.delete(record_id)
        self._observe(self._deleted)

    async def slice(self, asked: Slice) -> tuple[Sequence[Record], int]:
        """The records of the slice, and how many there are in all."""
        return await self._collection.slice(asked.offset, asked.limit)

    async def page(self, asked: Page) -> tuple[Sequence[Record], Position | None]:
        """The records of the page, and where the next page starts (None after the last)."""
        records = await self._collection.page(asked.after, asked.limit + 1)
        if len(records) <= asked.limit:
            return records, None
        shown = records[: asked.limit]
        last = shown[-1]
        return shown, Position(to_microseconds(last.created_at), last.id)


def _demand_id(record_id: str) -> None:
    """Ids are canonical UUIDs: any other text names nothing, on every store alike."""
    if not is_record_id(record_id):
        raise NotFound(record_id)
