"""The use cases on one resource: what a client can ask of its records."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable, then
from estuary.core.errors import NotFound
from estuary.core.observations import RecordCreated, RecordDeleted, RecordUpdated
from estuary.core.ports import Collection
from estuary.core.queries.list_queries import ListQueries
from estuary.core.queries.query import ListQuery, ListResult, position_in
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Place, Record, Written
from estuary.core.record_id import is_record_id
from estuary.core.resource import Resource
from estuary.core.service_context import ServiceContext
from estuary.core.writes.pending_writes import PendingWrites, VersionPredicate
from estuary.core.writes.rewriting import rewritten
from estuary.core.writes.writes import IF_CHANGED, UNCONDITIONAL, WriteOptions


class RecordService:
    """Creates, reads, updates, deletes and lists the records of one resource.

    Errors of the collection pass through unchanged.
    """

    def __init__(self, resource: Resource, collection: Collection, context: ServiceContext) -> None:
        self.resource = resource
        self._collection = collection
        self._lists = ListQueries(resource, collection.list, collection.find, context)
        self._insert = collection.insert
        self._get = collection.get
        self._value = resource.created
        self._unseen = resource.unseen_names
        self.attempts = context.attempts
        self._now = context.clock.now
        self._new_id = context.new_id
        self._observe = context.observe
        self._pending = PendingWrites(resource.name, collection.insert, context)
        # The observations say only which resource it was: one of each serves every request.
        self._created = RecordCreated(resource.name)
        self._updated = RecordUpdated(resource.name)
        self._deleted = RecordDeleted(resource.name)

    def create(
        self, draft: msgspec.Struct, options: WriteOptions = UNCONDITIONAL
    ) -> MaybeAwaitable[Written]:
        """Keep a new record, of the owner that `options` name; raises `ValidationFailed`."""
        now = self._now()
        value = self._value(draft, now, options.identity)
        record = Record(self._new_id(), 1, now, now, value, options.owner or "")
        key = options.key
        if key is not None:
            return self._pending.reported(self._pending.create(record, options), self._created)
        written = self._insert(record, options)
        if not isinstance(written, Written):
            return self._pending.reported(written, self._created)
        if written.made:
            self._observe(self._created)
        return written

    def create_at(
        self, record_id: str, draft: msgspec.Struct, options: WriteOptions = UNCONDITIONAL
    ) -> Awaitable[Written]:
        """Keep a new record under an id that its client chose, which is a canonical UUID.

        Raises `ValidationFailed`, then `RecordExists`.
        """
        now = self._now()
        value = self._value(draft, now, options.identity)
        record = Record(record_id, 1, now, now, value, options.owner or "")
        chosen = replace(options, client_id=True)
        return self._pending.reported(self._pending.create(record, chosen), self._created)

    def value(self, draft: msgspec.Struct, options: WriteOptions) -> msgspec.Struct:
        """The value that `create` would keep now, before any hook; raises `ValidationFailed`."""
        return self._value(draft, self._now(), options.identity)

    def get(self, record_id: str, owner: str | None = None) -> MaybeAwaitable[Record]:
        """The record; raises `NotFound`."""
        _demand_id(record_id)
        return self._get(record_id, owner)

    def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None) -> MaybeAwaitable[ListResult]:
        """The records with these values of a unique key; see `Collection.find`."""
        return self._collection.find(key, values, owner)

    def update(
        self,
        record_id: str,
        changes: msgspec.Struct,
        options: WriteOptions = UNCONDITIONAL,
        precondition: VersionPredicate | None = None,
    ) -> Awaitable[Written]:
        """Change what `changes` sets; raises `ValidationFailed`, then `NotFound` or `VersionConflict`."""
        return self._update(record_id, self.resource.changes(changes), options, precondition)

    def patch(
        self,
        record_id: str,
        patch: msgspec.Struct,
        options: WriteOptions = UNCONDITIONAL,
        precondition: VersionPredicate | None = None,
    ) -> Awaitable[Written]:
        """Set and clear what `patch` names; a record that is so already stays as it is.

        Except with hidden fields: that there is no new version would disclose what they hold. Raises
                what `update` does, and `WriteContention`.
        """
        if not _names_any(patch, self._unseen):
            options = IF_CHANGED if options is UNCONDITIONAL else replace(options, if_changed=True)
        if self.resource.merges(patch):
            return self._merge(record_id, patch, options, precondition)
        return self._update(record_id, self.resource.patch(patch), options, precondition)

    def delete(
        self,
        record_id: str,
        options: WriteOptions = UNCONDITIONAL,
        precondition: VersionPredicate | None = None,
    ) -> Awaitable[Written]:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        _demand_id(record_id)
        delete = self._collection.delete
        return self._pending.reported(
            self._pending.write(delete, (record_id,), options, precondition), self._deleted
        )

    def list(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        """What `query` asks for; by cursor, also where to go on from. Raises `QueryTooExpensive`."""
        if query.offset is not None:
            return self._find(query)
        # One record more than is shown: it says whether any follows.
        result = self._find(replace(query, limit=query.limit + 1))
        return _cut(result, query) if isinstance(result, ListResult) else _cut_later(result, query)

    def _update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        options: WriteOptions,
        precondition: VersionPredicate | None,
    ) -> Awaitable[Written]:
        _demand_id(record_id)
        arguments = (record_id, changes, self._now())
        update = self._collection.update
        return self._pending.reported(
            self._pending.write(update, arguments, options, precondition), self._updated
        )

    def _merge(
        self,
        record_id: str,
        patch: msgspec.Struct,
        options: WriteOptions,
        precondition: VersionPredicate | None,
    ) -> Awaitable[Written]:
        return self._rewrite(
            record_id, lambda record: self.resource.patch(patch, record.value), options, precondition
        )

    def _rewrite(
        self,
        record_id: str,
        change: Callable[[Record], Mapping[str, Any]],
        options: WriteOptions,
        precondition: VersionPredicate | None,
    ) -> Awaitable[Written]:
        """Make the changes that `change` gives for the record, to the version it gave them for."""
        _demand_id(record_id)
        now, wanted = self._now(), options.expected_version

        def holds(version: int) -> bool:
            return wanted in (None, version) and (precondition is None or precondition(version))

        def write(changes: Mapping[str, Any], attempt: WriteOptions) -> Awaitable[Written]:
            return self._pending.write(self._collection.update, (record_id, changes, now), attempt)

        read = partial(self._get, record_id, options.owner)
        place = Place(self.resource.name, record_id)
        written = rewritten(read, change, write, options, holds, self.attempts(), place)
        return self._pending.reported(written, self._updated)

    def _find(self, query: ListQuery) -> MaybeAwaitable[ListResult]:
        if query.where or query.sort:
            return self._lists.ask(query)
        self._lists.plain()
        return self._collection.list(query)


def _cut(result: ListResult, query: ListQuery) -> ListResult:
    """At most as many records as are asked for, and the position of the last where others were cut off."""
    if len(result.records) <= query.limit:
        return result
    shown = result.records[: query.limit]
    return ListResult(shown, result.total, position_in(query.sort, shown[-1]))


def _cut_later(result: Awaitable[ListResult], query: ListQuery) -> Awaitable[ListResult]:
    return then(result, lambda found: _cut(found, query))


def _names_any(patch: msgspec.Struct, names: frozenset[str]) -> bool:
    return bool(names) and any(getattr(patch, name) is not msgspec.UNSET for name in names)


def _demand_id(record_id: str) -> None:
    """Ids are canonical UUIDs: any other text names nothing, on every store alike."""
    if not is_record_id(record_id):
        raise NotFound(record_id)
