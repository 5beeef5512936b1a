"""Records in this process's memory: the fastest store, the reference for all others, and never durable."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from estuary.core.errors import NotFound, StoreQueryFailed, StoreUnavailable, VersionConflict
from estuary.core.record import Position, Record
from estuary.core.resource import Resource
from estuary.stores.timeline import Timeline


class MemoryStore:
    """Implements `Store`. Closing it forgets every record.

    It belongs to one event loop: no method waits for anything, so each is one step that no other
    call can come between. A duplicate id raises `StoreQueryFailed`.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._collections = {resource.name: MemoryCollection() for resource in resources}
        self._is_open = False

    async def open(self) -> None:
        """Make the store usable; it starts empty."""
        self._is_open = True
        for collection in self._collections.values():
            collection.open()

    async def close(self) -> None:
        """Forget everything; closing twice is harmless."""
        self._is_open = False
        for collection in self._collections.values():
            collection.close()

    async def ping(self) -> None:
        """Return if the store is open, else raise `StoreUnavailable`."""
        if not self._is_open:
            raise StoreUnavailable("the memory store is not open")

    def collection(self, resource: Resource) -> "MemoryCollection":
        """The collection of one of the store's resources."""
        return self._collections[resource.name]


class MemoryCollection:
    """Implements `Collection`: a dictionary by id beside a timeline."""

    def __init__(self) -> None:
        self._is_open = False
        self._records: dict[str, Record] = {}
        self._timeline = Timeline()

    def open(self) -> None:
        """Accept calls."""
        self._is_open = True

    def close(self) -> None:
        """Refuse calls and let the records go."""
        self._is_open = False
        self._records = {}
        self._timeline = Timeline()

    async def insert(self, record: Record) -> None:
        """Keep a new record; raises `StoreQueryFailed` where its id is taken."""
        self._demand_open()
        if record.id in self._records:
            raise StoreQueryFailed(f"the id {record.id} is taken")
        self._records[record.id] = record
        self._timeline.add(record)

    async def get(self, record_id: str) -> Record:
        """The record; raises `NotFound`."""
        record = self._records.get(record_id)
        if record is None:
            # Only an open collection holds records: the check can wait until none is found.
            self._demand_open()
            raise NotFound(record_id)
        return record

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        expected_version: int | None = None,
    ) -> Record:
        """The record with `changes` set and one version on; raises `NotFound`, `VersionConflict`."""
        record = self._expected(record_id, expected_version)
        value = replace(record.value, **changes) if changes else record.value
        changed = Record(record.id, record.version + 1, record.created_at, updated_at, value)
        self._records[record_id] = changed
        self._timeline.replace(changed)
        return changed

    async def delete(self, record_id: str, expected_version: int | None = None) -> None:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        record = self._expected(record_id, expected_version)
        del self._records[record_id]
        self._timeline.remove(record)

    async def slice(self, offset: int, limit: int) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and how many there are in all."""
        self._demand_open()
        return self._timeline.slice(offset, limit), len(self._records)

    async def page(self, after: Position | None, limit: int) -> Sequence[Record]:
        """Up to `limit` records behind a position."""
        self._demand_open()
        return self._timeline.after(after, limit)

    async def count(self) -> int:
        """How many records there are."""
        self._demand_open()
        return len(self._records)

    def _demand_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the memory store is not open")

    def _expected(self, record_id: str, expected_version: int | None) -> Record:
        self._demand_open()
        record = self._records.get(record_id)
        if record is None:
            raise NotFound(record_id)
        if expected_version not in (None, record.version):
            raise VersionConflict(record.version)
        return record
