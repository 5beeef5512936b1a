"""Any store whose records refer to each other: what a write asks of other records is made with it.

The store keeps references. This decides what one asker may refer to, and what goes with a record.
"""

from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from estuary.core.access.access import Action
from estuary.core.access.reach import EVERYONES, Reach
from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    NotFound,
    Referenced,
    ReferenceMissing,
    VersionConflict,
    WriteContention,
    WriteRefused,
)
from estuary.core.ports import Collection, Store
from estuary.core.record import Record, Written
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.resource import Resource
from estuary.core.writes.writes import (
    NO_VERSION,
    UNCONDITIONAL,
    Delete,
    Demand,
    IdempotencyKey,
    Insert,
    Update,
    Write,
    WriteOptions,
)
from estuary.stores.cascades import Cascades

_ATTEMPTS: Final = 4
"""How often a write is worked out that others write in between."""
_OUT_OF_DATE: Final = (Referenced, VersionConflict, WriteRefused)
"""What a store refuses a planned delete with where others have written since."""


class ReferringStore:
    """Implements `Store` with another one, for `resources` that refer to each other.

    `reach` tells with whose records an asker may do something, `now` when others than it names are written.
    """

    def __init__(
        self, store: Store, resources: Sequence[Resource], reach: Reach, now: Callable[[], datetime]
    ) -> None:
        keys = ForeignKeys(key for each in resources for key in each.foreign_keys)
        collections = {each.name: store.collection(each) for each in resources}
        self._store = store
        self._targets = _Targets(keys, reach)
        self._cascades = Cascades(keys, collections, reach)
        self._now = now
        self._collections = {
            name: ReferringCollection(name, collection, self._targets, self._cascades, now)
            for name, collection in collections.items()
        }
        self.open = store.open
        self.close = store.close
        self.ping = store.ping
        self.api_keys = store.api_keys

    def collection(self, resource: Resource) -> "ReferringCollection":
        """The collection of one of the resources."""
        return self._collections[resource.name]

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make all of `writes`, each with what goes with it, or nothing; raises `WriteRefused`."""
        now = self._now()
        former: Sequence[Write] | None = None
        for _ in range(_ATTEMPTS):
            planned = [await self._planned(index, writes, now) for index in range(len(writes))]
            try:
                return await settled(self._store.transact(planned, key=key, dry_run=dry_run))
            except WriteRefused as refused:
                write = planned[refused.index]
                earlier = None if former is None else former[refused.index]
                if self._collections[write.resource].is_final(write, refused.refusal, earlier):
                    raise
            former = planned
        raise WriteContention

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records; raises `RecordOrphaned`, and what the store raises."""
        return await self._store.load(batches, replace=replace)

    async def _planned(self, index: int, writes: Sequence[Write], now: datetime) -> Write:
        """The write at `index` with what goes with it; raises `WriteRefused`."""
        write = writes[index]
        if not isinstance(write, Delete):
            return self._targets.demanded(write)
        try:
            return await self._collections[write.resource].planned(write, now, writes[:index])
        except Referenced as refusal:
            raise WriteRefused(index, refusal) from refusal


class ReferringCollection:
    """Implements `Collection` with another one, whose records refer to others or are referred to."""

    def __init__(
        self,
        name: str,
        collection: Collection,
        targets: "_Targets",
        cascades: Cascades,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._collection = collection
        self._targets = targets
        self._cascades = cascades
        self._now = now
        self.get = collection.get
        self.find = collection.find
        self.list = collection.list
        self.count = collection.count

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `ReferenceMissing`, also for what its asker may not read."""
        options = self._targets.demanded(Insert(self._name, record, options)).options
        return await settled(self._collection.insert(record, options))

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `ReferenceMissing`, but not for what it has referred to before."""

        async def attempt(options: WriteOptions) -> Written:
            return await settled(self._collection.update(record_id, changes, updated_at, options))

        write = self._targets.demanded(Update(self._name, record_id, changes, updated_at, options))
        demands = write.options.demands
        try:
            return await attempt(write.options)
        except ReferenceMissing:
            if not demands:
                raise
            record = await settled(self._collection.get(record_id, options.owner))
            left = [each for each in demands if getattr(record.value, each.field) != each.record_id]
            if len(left) == len(demands):
                raise
        seen = replace(options, demands=tuple(left), expected_version=record.version)
        try:
            return await attempt(seen)
        except VersionConflict as conflict:
            raise WriteContention from conflict

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove the record and what goes with it; raises `Referenced`, `WriteContention`."""
        now = self._now()
        former: Delete | None = None
        delete = Delete(self._name, record_id, options)
        for _ in range(_ATTEMPTS):
            try:
                planned = await self.planned(delete, now)
            except Referenced as refusal:
                return await self._made_before(delete, refusal)
            try:
                return await settled(self._collection.delete(record_id, planned.options))
            except _OUT_OF_DATE as refusal:
                if self.is_final(planned, refusal, former):
                    raise
            former = planned
        raise WriteContention

    async def planned(self, delete: Delete, now: datetime, earlier: Sequence[Write] = ()) -> Delete:
        """`delete`, with what goes with the record; raises `Referenced`.

        Where the record is not there to be deleted, the store says so: it knows of keys, and what was read
        may be out of date.
        """
        options = delete.options
        if not self._cascades.concern(self._name):
            return delete
        try:
            root = await settled(self._collection.get(delete.record_id, options.owner))
        except NotFound:
            return delete
        if options.expected_version not in (None, root.version):
            return delete
        return await self._cascades.planned(delete, root, now, earlier)

    def is_final(self, planned: Write, refusal: EstuaryError, former: Write | None) -> bool:
        """Whether the store would refuse a write for the same reason again, were it planned again.

        `former` is what was refused before, as it was planned then.
        """
        if not isinstance(planned, Delete) or not self._cascades.concern(self._name):
            return True
        if isinstance(refusal, Referenced):
            return planned == former
        if isinstance(refusal, VersionConflict):
            # Where others go with it, the version that was read may be expected, and none was asked for.
            return planned == former or not planned.options.before
        return not isinstance(refusal, WriteRefused)

    async def _made_before(self, delete: Delete, refusal: Referenced) -> Written:
        """What an earlier delete with the same key left behind; raises `refusal` where there was none."""
        if delete.options.key is None:
            raise refusal
        options = replace(delete.options, expected_version=NO_VERSION)
        try:
            return await settled(self._collection.delete(delete.record_id, options))
        except (NotFound, VersionConflict):
            raise refusal from refusal.__cause__


class _Targets:
    """What writes may refer to."""

    def __init__(self, keys: ForeignKeys, reach: Reach) -> None:
        self._keys = keys
        self._reach = reach

    def demanded(self, write: Insert | Update) -> Insert | Update:
        """`write`, which is then refused where it refers to what its asker may not read."""
        keys = self._keys.of(write.resource)
        values = dict(_values(write, [key.field for key in keys]))
        demands = [
            Demand(key.field, key.target, values[key.field], whose.owner)
            for key in keys
            if values.get(key.field) is not None
            and (whose := self._reach(write.options.identity, key.target, Action.READ)) != EVERYONES
        ]
        return replace(write, options=replace(write.options, demands=tuple(demands))) if demands else write


def _values(write: Insert | Update, fields: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """What `write` sets `fields` to, as far as it does."""
    for field in fields:
        if isinstance(write, Insert):
            yield field, getattr(write.record.value, field)
        elif field in write.changes:
            yield field, write.changes[field]
