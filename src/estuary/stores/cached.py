"""Any store behind a cache of recently read records.

Point reads only: lists and totals come from the store each time. Missing records are not cached.
A write has its record forgotten once it has ended, before its caller hears of it, so no read that begins
afterwards in the same replica gives what was before. How soon others see it is the cache's promise.
"""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import NotFound, StoreUnavailable
from estuary.core.observations import CacheLooked
from estuary.core.ports import ApiKeys, Collection, Observer, Store
from estuary.core.record import Place, Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, IdempotencyKey, Write, WriteOptions, id_of
from estuary.stores.cache.port import Caches, Miss, RecordCache
from estuary.stores.shielding import ShieldedTasks, outcome_of


class CachedStore:
    """Implements `Store` with another one, and a cache of `caches` for each of its resources."""

    def __init__(self, store: Store, caches: Caches, observe: Observer) -> None:
        self._store = store
        self._caches = caches
        self._observe = observe
        self._collections: dict[str, CachedCollection] = {}
        self._shielded = ShieldedTasks()
        self._is_open = False

    async def open(self) -> None:
        """Open the store and the caches; raises as the store does."""
        await self._store.open()
        try:
            await self._caches.open()
        except StoreUnavailable:
            await self._store.close()
            raise
        self._set_open(is_open=True)

    async def close(self) -> None:
        """Close the store; cached records are no longer given."""
        self._set_open(is_open=False)
        await self._caches.close()
        await self._store.close()

    def ping(self) -> MaybeAwaitable[None]:
        """Ask the store whether it can answer."""
        return self._store.ping()

    def collection(self, resource: Resource) -> "CachedCollection":
        """The store's collection of `resource`, cached; the same each time, so that it sees all writes."""
        collection = self._collections.get(resource.name)
        if collection is None:
            collection = CachedCollection(
                self._store.collection(resource),
                self._caches.of(resource),
                resource.name,
                self._observe,
                self._forget,
            )
            collection.is_open = self._is_open
            self._collections[resource.name] = collection
        return collection

    def api_keys(self) -> ApiKeys:
        """The store's own: each worker keeps what it knows of keys by itself."""
        return self._store.api_keys()

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make several writes, then forget what was read before of all records that they changed.

        They are finished even if their caller is cancelled.
        """
        return await outcome_of(self._shielded.begin(self._transact(writes, key, dry_run)))

    async def _transact(
        self, writes: Sequence[Write], key: IdempotencyKey | None, dry_run: bool
    ) -> Sequence[Written]:
        changed = [Place(write.resource, id_of(write)) for write in writes]
        try:
            outcomes = await settled(self._store.transact(writes, key=key, dry_run=dry_run))
            changed += [place for written in outcomes for place in written.changed]
        finally:
            await self._forget(changed)
        return outcomes

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Load into the store, and forget everything that was read before."""
        try:
            return await self._store.load(batches, replace=replace)
        finally:
            for collection in self._collections.values():
                await collection.clear()

    async def _forget(self, places: Iterable[Place]) -> None:
        for place in places:
            # Every process makes its collections at start-up: other resources have nothing cached.
            if (collection := self._collections.get(place.resource)) is not None:
                await collection.forget(place.id)

    def _set_open(self, *, is_open: bool) -> None:
        self._is_open = is_open
        for collection in self._collections.values():
            collection.is_open = is_open


class _Flight(NamedTuple):
    """A read of the store that is under way, and the ticket under which it began."""

    ticket: object
    task: asyncio.Task[Record]


class CachedCollection:
    """Implements `Collection` with another one and a cache.

    `forget` has other records forgotten, of whatever resource: those that a write changed besides its own.
    """

    def __init__(
        self,
        collection: Collection,
        cache: RecordCache,
        resource: str,
        observe: Observer,
        forget: Callable[[Iterable[Place]], Awaitable[None]],
    ) -> None:
        self._collection = collection
        self._cache = cache
        self._observe = observe
        self._hit, self._missed = CacheLooked(resource, hit=True), CacheLooked(resource, hit=False)
        self._flights: dict[str, _Flight] = {}
        self._shielded = ShieldedTasks()
        self._forget_others = forget
        self.is_open = False
        # By values, records come from the store each time: no cache knows which record has them now.
        self.find = collection.find
        self.list = collection.list
        self.count = collection.count

    def get(self, record_id: str, owner: str | None = None) -> MaybeAwaitable[Record]:
        """The record from the cache, or from the store; raises `NotFound` where it is another owner's."""
        if not self.is_open:
            return self._collection.get(record_id, owner)
        found = self._cache.look(record_id)
        if isinstance(found, Record):
            return self._found(found, owner)
        return self._get(record_id, owner, found)

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Insert; what a deleted record had under an id that a client chose is forgotten."""
        if options.client_id:
            return await self._outlive(record.id, partial(self._collection.insert, record, options))
        return await self._write(self._collection.insert(record, options))

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """Update, then forget what was read before, also where the outcome is not known."""
        write = partial(self._collection.update, record_id, changes, updated_at, options)
        return await self._outlive(record_id, write)

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Delete, then forget what was read before, also where the outcome is not known."""
        return await self._outlive(record_id, partial(self._collection.delete, record_id, options))

    async def clear(self) -> None:
        """Forget everything that was read before."""
        self._flights.clear()
        await self._cache.clear()

    async def forget(self, record_id: str) -> None:
        """Forget what was read before of a record that has changed."""
        self._flights.pop(record_id, None)
        await self._cache.forget(record_id)

    def _found(self, record: Record, owner: str | None) -> MaybeAwaitable[Record]:
        """`record`, or where it is another owner's what the store says, as of a record that is not there.

        Refused from the cache, it would take less time than a missing one: the time would disclose it.
        """
        if owner is not None and record.owner != owner:
            self._observe(self._missed)
            return self._collection.get(record.id, owner)
        self._observe(self._hit)
        return record

    async def _get(
        self, record_id: str, owner: str | None, look: Miss | Awaitable[Record | Miss]
    ) -> Record:
        found = look if isinstance(look, Miss) else await look
        if not isinstance(found, Miss):
            return await settled(self._found(found, owner))
        self._observe(self._missed)
        return _of_owner(await self._read_once(record_id, found), owner)

    async def _read_once(self, record_id: str, miss: Miss) -> Record:
        """The record from the store, read for all who ask meanwhile; raises what the store does."""
        flight = self._flights.get(record_id)
        # A read that began before a write ended is not for those who come after it.
        if flight is None or flight.ticket != miss.ticket:
            flight = _Flight(miss.ticket, self._shielded.begin(self._read(record_id, miss)))
            self._flights[record_id] = flight
        # One of those who wait may go away without ending it for the others.
        return await outcome_of(flight.task)

    async def _read(self, record_id: str, miss: Miss) -> Record:
        try:
            record = await settled(self._collection.get(record_id))
            await self._cache.keep(miss, record)
        finally:
            flight = self._flights.get(record_id)
            if flight is not None and flight.task is asyncio.current_task():
                del self._flights[record_id]
        return record

    async def _outlive(self, record_id: str, write: Callable[[], MaybeAwaitable[Written]]) -> Written:
        """The outcome of `write`, which is finished even if its caller is cancelled.

        The store may make it yet, and what is read until then must not stay cached.
        """
        return await outcome_of(self._shielded.begin(self._write_and_forget(record_id, write)))

    async def _write_and_forget(
        self, record_id: str, write: Callable[[], MaybeAwaitable[Written]]
    ) -> Written:
        try:
            return await self._write(write())
        finally:
            await self.forget(record_id)

    async def _write(self, write: MaybeAwaitable[Written]) -> Written:
        written = await settled(write)
        if written.changed:
            await self._forget_others(written.changed)
        return written


def _of_owner(record: Record, owner: str | None) -> Record:
    if owner is not None and record.owner != owner:
        raise NotFound(record.id)
    return record
