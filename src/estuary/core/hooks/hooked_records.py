"""The use cases on a resource that has hooks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import HookFailed, ValidationFailed
from estuary.core.hooks.hook_calls import HookCalls
from estuary.core.ports import Collection
from estuary.core.record import Record, Written
from estuary.core.record_id import NO_RECORD
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from estuary.core.service_context import ServiceContext
from estuary.core.writes.pending_writes import VersionPredicate
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions


class HookedRecords(RecordService):
    """As `RecordService`, with `hooks` called before each write; all writes may raise `HookFailed`.

    An update is made to the version of the record that the hooks saw, and so may raise `WriteContention`.
    """

    def __init__(
        self,
        resource: Resource,
        collection: Collection,
        context: ServiceContext,
        hooks: HookCalls,
    ) -> None:
        super().__init__(resource, collection, context)
        self._hooks = hooks

    def create(
        self, draft: msgspec.Struct, options: WriteOptions = UNCONDITIONAL
    ) -> MaybeAwaitable[Written]:
        """Keep what the hooks make of a new record; raises `ValidationFailed`."""
        return self._keep(self._new_id(), draft, options)

    def create_at(
        self, record_id: str, draft: msgspec.Struct, options: WriteOptions = UNCONDITIONAL
    ) -> Awaitable[Written]:
        """The same under an id that its client chose; raises `ValidationFailed`, then `RecordExists`."""
        return settled(self._keep(record_id, draft, replace(options, client_id=True)))

    def _keep(
        self, record_id: str, draft: msgspec.Struct, options: WriteOptions
    ) -> MaybeAwaitable[Written]:
        now = self._now()
        given = self._value(draft, now, options.identity)
        try:
            value = self._hooks.created(given, options.identity)
        except (ValidationFailed, HookFailed) as refusal:
            if options.key is None:
                raise
            # A hook may refuse now what it took before: what the key made then is answered all the same.
            update = self._collection.update
            made = self._pending.made_before(update, (NO_RECORD, {}, now), options, refusal)
            return self._pending.reported(made, self._created)
        record = Record(record_id, 1, now, now, value, options.owner or "")
        if options.key is not None:
            return self._pending.reported(self._pending.create(record, options), self._created)
        written = self._insert(record, options)
        if not isinstance(written, Written):
            return self._pending.reported(written, self._created)
        if written.made:
            self._observe(self._created)
        return written

    def _update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        options: WriteOptions,
        precondition: VersionPredicate | None,
    ) -> Awaitable[Written]:
        if not self._hooks.see_updates:
            return super()._update(record_id, changes, options, precondition)
        return self._rewrite(record_id, lambda _: changes, options, precondition)

    def _rewrite(
        self,
        record_id: str,
        change: Callable[[Record], Mapping[str, Any]],
        options: WriteOptions,
        precondition: VersionPredicate | None,
    ) -> Awaitable[Written]:
        identity = options.identity

        def hooked(record: Record) -> Mapping[str, Any]:
            return self._hooks.updated(record.value, change(record), identity)

        return super()._rewrite(record_id, hooked, options, precondition)
