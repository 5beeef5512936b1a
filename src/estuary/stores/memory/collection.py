"""The records of one resource in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, assert_never

from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable
from estuary.core.errors import EstuaryError, NotFound, RecordExists, StoreUnavailable, VersionConflict
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Position, Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import (
    UNCONDITIONAL,
    Delete,
    Insert,
    Update,
    Write,
    WriteOptions,
    others_changed,
)
from estuary.stores.memory.deleted_versions import DeletedVersions
from estuary.stores.memory.idempotency_keys import IdempotencyKeys
from estuary.stores.memory.queries import answer
from estuary.stores.memory.record_index import RecordIndex
from estuary.stores.memory.references import References
from estuary.stores.memory.together import Make, Undo, made


class MemoryCollection:
    """Implements `Collection`: records, the keys that they were written with, and deleted ones' versions.

    Each method answers at once, but for lists that no index leads to. `make` makes writes to any
    collection of its store, if that has more than this one.
    """

    def __init__(self, resource: Resource, make: Make | None = None) -> None:
        self._resource = resource
        self._make_any = make or self.make
        self._references: References | None = None
        self._is_open = False
        self._index = RecordIndex(resource)
        self._keys: IdempotencyKeys[Written] = IdempotencyKeys()
        self._deleted = DeletedVersions()

    @property
    def holds_records(self) -> bool:
        """Whether there is any."""
        return bool(self._index.by_id)

    def refer(self, references: References) -> None:
        """Keep references to and from other collections from now on."""
        self._references = references

    def owner_of(self, record_id: str) -> str | None:
        """The owner of the record with this id; None where there is none."""
        record = self._index.by_id.get(record_id)
        return None if record is None else record.owner

    def number_referring(self, field: str, record_id: str) -> int:
        """How many records refer by `field` to the one with this id."""
        return self._index.number_referring(field, record_id)

    def open(self) -> None:
        """Accept calls."""
        self._is_open = True

    def close(self) -> None:
        """Refuse calls and let the records go."""
        self._is_open = False
        self.take_over(self.new_index())

    def new_index(self) -> RecordIndex:
        """One without records, for them to be loaded into."""
        return RecordIndex(self._resource)

    def take_over(self, index: RecordIndex) -> None:
        """Hold the records of `index` and no others; what is known of former ones goes with them."""
        self._index = index
        self._keys = IdempotencyKeys()
        self._deleted = DeletedVersions()

    def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `UniqueConflict`, and `RecordExists` where its client chose a taken id.

        Any other id that is taken is a `StoreQueryFailed`.
        """
        self._demand_open()
        if options is UNCONDITIONAL:
            if self._references is not None:
                self._demand_targets(record, options)
            self._index.add(record)
            return Written(record)
        if options.key is not None and (earlier := self._keys.find(options.key)) is not None:
            return earlier.tried() if options.dry_run else earlier
        if options.before:
            return self._together(Insert(self._resource.name, record, options), options)
        if options.client_id:
            if record.id in self._index.by_id:
                raise RecordExists(record.id)
            record = record.at_version(self._deleted.last(record.id) + 1)
        self._demand_targets(record, options)
        if options.dry_run:
            self._index.demand_unique(record)
        else:
            self._index.add(record)
        return self._written(record, options)

    def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        record = self._index.by_id.get(record_id)
        if record is None:
            # Only an open collection holds records: the check can wait until none is found.
            self._demand_open()
            raise NotFound(record_id)
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """The records with these values of a unique key, `MOST_FOUND` of them at most."""
        self._demand_open()
        return ListResult(self._index.by_key(key).find(values, owner))

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """The record with `changes` set and one version on.

        Raises `NotFound`, `VersionConflict`, `UniqueConflict`.
        """
        self._demand_open()
        if options.key is not None and (earlier := self._keys.find(options.key)) is not None:
            return earlier.tried() if options.dry_run else earlier
        if options.before:
            write = Update(self._resource.name, record_id, changes, updated_at, options)
            return self._together(write, options)
        record = self._expected(record_id, options)
        if options.if_changed and record.has(changes):
            return self._written(record, options, made=False)
        value = replace(record.value, **changes) if changes else record.value
        changed = Record(record.id, record.version + 1, record.created, updated_at, value, record.owner)
        self._demand_targets(changed, options)
        if options.dry_run:
            self._index.demand_unique(changed)
        else:
            self._index.replace(changed)
        return self._written(changed, options)

    def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        self._demand_open()
        if options.key is not None and (earlier := self._keys.find(options.key)) is not None:
            return earlier.tried() if options.dry_run else earlier
        if options.before:
            return self._together(Delete(self._resource.name, record_id, options), options)
        record = self._expected(record_id, options)
        if self._references is not None:
            self._references.demand_unreferenced(record)
        if not options.dry_run:
            self._index.remove(record)
            self._deleted.add(record.id, record.version)
        return self._written(None, options)

    def make(self, write: Write) -> tuple[Written, Undo]:
        """Make one of several writes; what it left behind, and what undoes it."""
        if not write.options.before:
            return self._make(write)
        outcomes, undo = made(write.options.before, self._make_any)
        try:
            written, undo_own = self._make(replace(write, options=replace(write.options, before=())))
        except EstuaryError:
            undo()
            raise

        def undo_all() -> None:
            undo_own()
            undo()

        return written.having_changed(others_changed(write.options.before, outcomes)), undo_all

    def _make(self, write: Write) -> tuple[Written, Undo]:
        match write:
            case Insert():
                written = self.insert(write.record, write.options)
                return written, partial(self._index.remove, written.record or write.record)
            case Update():
                before = self._expected(write.record_id, write.options)
                written = self.update(write.record_id, write.changes, write.updated_at, write.options)
                return written, partial(self._index.replace, before)
            case Delete():
                before = self._expected(write.record_id, write.options)
                last = self._deleted.last(write.record_id)
                return self.delete(write.record_id, write.options), partial(self._undelete, before, last)
            case _ as unknown:
                assert_never(unknown)

    def _together(self, write: Insert | Update | Delete, options: WriteOptions) -> Written:
        """Make a write with those that come before it."""
        alone = replace(options, key=None, dry_run=False)
        written, undo = self.make(replace(write, options=alone))
        if options.dry_run:
            undo()
            return written.tried()
        if options.key is not None:
            self._keys.keep(options.key, Written(written.record, replayed=True))
        return written

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """The result of `query`; raises `QueryTooExpensive` where it looks at too many records."""
        self._demand_open()
        if query.where or query.sort:
            return answer(self._index, query)
        known = self._index.of_owner(query.owner)
        if query.offset is None:
            after = query.after if isinstance(query.after, Position) else None
            records = known.after(after, query.limit)
        else:
            records = known.slice(query.offset, query.limit)
        return counted(records, len(known), query) if query.counted else ListResult(records)

    def count(self, owner: str | None = None) -> int:
        """How many records there are."""
        self._demand_open()
        return len(self._index.of_owner(owner))

    def _demand_targets(self, record: Record, options: WriteOptions) -> None:
        """Raise `ReferenceMissing`, after what unique keys have to say."""
        if self._references is not None:
            self._index.demand_unique(record)
            self._references.demand_targets(record, options.demands)

    def _undelete(self, record: Record, last_version: int) -> None:
        self._index.add(record)
        self._deleted.restore(record.id, last_version)

    def _demand_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the memory store is not open")

    def _expected(self, record_id: str, options: WriteOptions) -> Record:
        record = self._index.by_id.get(record_id)
        if record is None or options.owner not in (None, record.owner):
            raise NotFound(record_id)
        if options.expected_version not in (None, record.version):
            raise VersionConflict(record.version)
        return record

    def _written(self, record: Record | None, options: WriteOptions, *, made: bool = True) -> Written:
        if options.dry_run:
            return Written(record, made=False)
        if options.key is not None:
            self._keys.keep(options.key, Written(record, replayed=True))
        return Written(record, made=made)
