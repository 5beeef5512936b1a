"""Any store whose records refer to each other: what a write asks of other records is made with it.

The store keeps references. This decides what one asker may refer to, and what goes with a record.
"""

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from estuary.core.access.reach import Reach
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
from estuary.core.ports import Collection, Observer, Store
from estuary.core.record import Place, Record, Written
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.resource import Resource
from estuary.core.writes.contention import Attempts
from estuary.core.writes.writes import (
    NO_VERSION,
    UNCONDITIONAL,
    Delete,
    IdempotencyKey,
    Insert,
    Update,
    Write,
    WriteOptions,
)
from estuary.stores.cascades import Cascades, report
from estuary.stores.leaving import Leaving
from estuary.stores.targets import Targets

_ATTEMPTS: Final = 2
"""How often a transaction is worked out that others write in between, before it waits as a whole."""
_OUT_OF_DATE: Final = (Referenced, VersionConflict, WriteRefused)
"""The error of a store for a planned delete where others have written since."""


class ReferringStore:
    """Implements `Store` with another one, for `resources` that refer to each other.

    `reach` gives whose records an asker may use, `now` when others than it names are written.
    `attempts` gives those at one write, which take no turn of the record: the caller may hold it.
    `observe` is called with what a delete takes along.
    """

    def __init__(
        self,
        store: Store,
        resources: Sequence[Resource],
        reach: Reach,
        now: Callable[[], datetime],
        attempts: Callable[[], Attempts],
        observe: Observer,
    ) -> None:
        keys = ForeignKeys(key for each in resources for key in each.foreign_keys)
        collections = {each.name: store.collection(each) for each in resources}
        self._store = store
        self._targets = Targets(keys, reach)
        self._cascades = Cascades(keys, collections, reach)
        self._leaving = Leaving()
        self._now = now
        self._observe = observe
        self._collections = {
            name: ReferringCollection(
                name, collection, self._targets, self._cascades, self._leaving, now, attempts, observe
            )
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
        if not self._leaving.is_empty:
            await self._leaving.over(place for write in writes for place in self._targets.of(write))
        for _ in range(_ATTEMPTS):
            planned = [await self._planned(index, writes, now) for index in range(len(writes))]
            try:
                outcomes = await settled(self._store.transact(planned, key=key, dry_run=dry_run))
            except WriteRefused as refused:
                write = planned[refused.index]
                earlier = None if former is None else former[refused.index]
                if self._collections[write.resource].is_final(write, refused.refusal, earlier):
                    raise
            else:
                for write, written in zip(planned, outcomes, strict=True):
                    report(write, written, self._observe)
                return outcomes
            former = planned
        raise WriteContention

    async def goes_with(self, delete: Delete, earlier: Sequence[Write]) -> Sequence[Write]:
        """What `delete` changes and deletes besides its record, where `earlier` writes were made before it.

        Nothing where it is refused: the refusal is raised where it is made.
        """
        try:
            planned = await self._collections[delete.resource].planned(delete, self._now(), earlier)
        except Referenced:
            return ()
        return planned.options.before

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records; raises `RecordOrphaned`, and what the store raises."""
        return await self._store.load(batches, replace=replace)

    async def _planned(self, index: int, writes: Sequence[Write], now: datetime) -> Write:
        """The write at `index` with what goes with it; raises `WriteRefused`."""
        write = writes[index]
        if not isinstance(write, Delete):
            return replace(write, options=self._targets.demanded(write))
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
        targets: Targets,
        cascades: Cascades,
        leaving: Leaving,
        now: Callable[[], datetime],
        attempts: Callable[[], Attempts],
        observe: Observer,
    ) -> None:
        self._name = name
        self._collection = collection
        self._targets = targets
        self._cascades = cascades
        self._leaving = leaving
        self._now = now
        self._attempts = attempts
        self._observe = observe
        self.get = collection.get
        self.find = collection.find
        self.list = collection.list
        self.count = collection.count

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `ReferenceMissing`, also for what its asker may not read."""
        insert = Insert(self._name, record, options)
        if not self._leaving.is_empty:
            await self._leaving.over(self._targets.of(insert))
        options = self._targets.demanded(insert)
        return await settled(self._collection.insert(record, options))

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `ReferenceMissing`, but not for what it has referred to before."""
        update = Update(self._name, record_id, changes, updated_at, options)
        if not self._leaving.is_empty:
            await self._leaving.over(self._targets.of(update))
        options = self._targets.demanded(update)

        async def attempt(options: WriteOptions) -> Written:
            return await settled(self._collection.update(record_id, changes, updated_at, options))

        try:
            return await attempt(options)
        except ReferenceMissing as refusal:
            if not options.demands:
                raise
            return await self._kept(record_id, attempt, options, refusal)

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove the record and what goes with it; raises `Referenced`, `WriteContention`."""
        now = self._now()
        former: Delete | None = None
        delete = Delete(self._name, record_id, options)
        with self._leaving.delete() as leaving, self._attempts() as attempts:
            while True:
                try:
                    planned = await self.planned(delete, now)
                except Referenced as refusal:
                    return await self._made_before(delete, refusal)
                try:
                    written = await settled(self._collection.delete(record_id, planned.options))
                except _OUT_OF_DATE as refusal:
                    if self.is_final(planned, refusal, former):
                        raise
                else:
                    report(planned, written, self._observe)
                    return written
                former = planned
                if not options.dry_run:
                    leaving.announce(_deleted_with(planned))
                await attempts.lost(Place(self._name, record_id))

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

    async def _kept(
        self,
        record_id: str,
        attempt: Callable[[WriteOptions], Awaitable[Written]],
        options: WriteOptions,
        refusal: ReferenceMissing,
    ) -> Written:
        """What an update leaves behind that was refused, where some of its references stay as they are.

        That holds of the version that was read: the store is asked to change no other.
        """
        wanted = options.expected_version
        with self._attempts() as attempts:
            while True:
                record = await settled(self._collection.get(record_id, options.owner))
                new = [
                    each for each in options.demands if getattr(record.value, each.field) != each.record_id
                ]
                if len(new) == len(options.demands):
                    raise refusal
                version = record.version if wanted in (None, record.version) else NO_VERSION
                try:
                    return await attempt(replace(options, demands=tuple(new), expected_version=version))
                except VersionConflict as conflict:
                    if wanted not in (None, conflict.current):
                        raise
                await attempts.lost(Place(self._name, record_id))

    async def _made_before(self, delete: Delete, refusal: Referenced) -> Written:
        """What an earlier delete with the same key left behind; raises `refusal` where there was none."""
        if delete.options.key is None:
            raise refusal
        options = replace(delete.options, expected_version=NO_VERSION)
        try:
            return await settled(self._collection.delete(delete.record_id, options))
        except (NotFound, VersionConflict):
            raise refusal from refusal.__cause__


def _deleted_with(delete: Delete) -> Iterator[Place]:
    """The record of a planned delete, and those that go with it."""
    for write in (*delete.options.before, delete):
        if isinstance(write, Delete):
            yield Place(write.resource, write.record_id)
