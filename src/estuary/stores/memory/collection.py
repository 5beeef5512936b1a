"""The records of one resource in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from estuary.core.errors import NotFound, StoreUnavailable, VersionConflict
from estuary.core.record import Position, Record, Written
from estuary.core.terms import UNCONDITIONAL, WriteTerms
from estuary.stores.kept_keys import KeptKeys
from estuary.stores.shelf import Shelf


class MemoryCollection:
    """Implements `Collection`, `ImmediateReads` and `ImmediateInserts`.

    A shelf of records beside the keys they were written with.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._shelf = Shelf()
        self._keys = KeptKeys()

    @property
    def holds_records(self) -> bool:
        """Whether there is any."""
        return bool(self._shelf.records)

    def open(self) -> None:
        """Accept calls."""
        self._is_open = True

    def close(self) -> None:
        """Refuse calls and let the records go."""
        self._is_open = False
        self.take_over(Shelf())

    def take_over(self, shelf: Shelf) -> None:
        """Hold the records of `shelf` and no others; the keys of the former ones go with them."""
        self._shelf = shelf
        self._keys = KeptKeys()

    async def insert(self, record: Record, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `StoreQueryFailed` where its id is taken."""
        return self.insert_now(record, terms)

    def insert_now(self, record: Record, terms: WriteTerms) -> Written:
        """As `insert`."""
        self._demand_open()
        if terms.key is not None and (earlier := self._keys.find(terms.key)) is not None:
            return earlier
        self._shelf.add(record)
        return self._written(record, terms)

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        return self.get_now(record_id, owner)

    def get_now(self, record_id: str, owner: str | None) -> Record:
        """As `get`."""
        record = self._shelf.records.get(record_id)
        if record is None:
            # Only an open collection holds records: the check can wait until none is found.
            self._demand_open()
            raise NotFound(record_id)
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        terms: WriteTerms = UNCONDITIONAL,
    ) -> Written:
        """The record with `changes` set and one version on; raises `NotFound`, `VersionConflict`."""
        self._demand_open()
        if terms.key is not None and (earlier := self._keys.find(terms.key)) is not None:
            return earlier
        record = self._expected(record_id, terms)
        value = replace(record.value, **changes) if changes else record.value
        changed = Record(record.id, record.version + 1, record.created_at, updated_at, value, record.owner)
        self._shelf.replace(changed)
        return self._written(changed, terms)

    async def delete(self, record_id: str, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        self._demand_open()
        if terms.key is not None and (earlier := self._keys.find(terms.key)) is not None:
            return earlier
        self._shelf.remove(self._expected(record_id, terms))
        return self._written(None, terms)

    async def slice(
        self, offset: int, limit: int, owner: str | None = None
    ) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and how many there are in all."""
        self._demand_open()
        timeline = self._shelf.timeline(owner)
        return timeline.slice(offset, limit), len(timeline)

    async def page(self, after: Position | None, limit: int, owner: str | None = None) -> Sequence[Record]:
        """Up to `limit` records behind a position."""
        self._demand_open()
        return self._shelf.timeline(owner).after(after, limit)

    async def count(self, owner: str | None = None) -> int:
        """How many records there are."""
        self._demand_open()
        return len(self._shelf.timeline(owner))

    def _demand_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the memory store is not open")

    def _expected(self, record_id: str, terms: WriteTerms) -> Record:
        record = self._shelf.records.get(record_id)
        if record is None or terms.owner not in (None, record.owner):
            raise NotFound(record_id)
        if terms.expected_version not in (None, record.version):
            raise VersionConflict(record.version)
        return record

    def _written(self, record: Record | None, terms: WriteTerms) -> Written:
        if terms.key is not None:
            self._keys.keep(terms.key, record)
        return Written(record)
