"""The memory store: a collection a resource."""

from collections.abc import AsyncIterable, Mapping, Sequence
from functools import partial

from estuary.core.errors import (
    RecordOrphaned,
    RecordRefused,
    StoreNotEmpty,
    StoreUnavailable,
    TransactionTooLarge,
    UniqueConflict,
)
from estuary.core.record import Record, Written
from estuary.core.record_json import RecordJson
from estuary.core.references.foreign_keys import ForeignKeys
from estuary.core.resource import Resource
from estuary.core.writes.write_snapshots import TransactionSnapshots
from estuary.core.writes.writes import IdempotencyKey, Write
from estuary.stores.memory.api_keys import MemoryApiKeys
from estuary.stores.memory.collection import MemoryCollection
from estuary.stores.memory.idempotency_keys import IdempotencyKeys
from estuary.stores.memory.record_index import RecordIndex
from estuary.stores.memory.references import References
from estuary.stores.memory.together import Undo, made


class MemoryStore:
    """Implements `Store`. Closing it forgets every record.

    It belongs to one event loop: no method waits for anything, so each is one step that no other
    call can come between, but for lists that no index leads to: those are of the moment in which they were
    asked for. A duplicate id raises `StoreQueryFailed`.
    """

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._collections = {one.name: MemoryCollection(one, self._make) for one in resources}
        self._foreign_keys = ForeignKeys([key for one in resources for key in one.foreign_keys])
        for one in resources:
            if self._foreign_keys.of(one.name) or self._foreign_keys.to(one.name):
                references = _references(one, self._foreign_keys, self._collections)
                self._collections[one.name].refer(references)
        self._json = {resource.name: RecordJson(resource) for resource in resources}
        self._keys: IdempotencyKeys[str] = IdempotencyKeys()
        self._api_keys = MemoryApiKeys(self._demand_open)
        self._is_open = False

    async def open(self) -> None:
        """Make the store usable; it starts empty."""
        self._is_open = True
        for collection in self._collections.values():
            collection.open()

    async def close(self) -> None:
        """Forget everything; closing twice is harmless."""
        self._is_open = False
        self._keys = IdempotencyKeys()
        self._api_keys.clear()
        for collection in self._collections.values():
            collection.close()

    def ping(self) -> None:
        """Return if the store is open, else raise `StoreUnavailable`."""
        self._demand_open()

    def collection(self, resource: Resource) -> MemoryCollection:
        """The collection of one of the store's resources."""
        return self._collections[resource.name]

    def api_keys(self) -> MemoryApiKeys:
        """The API keys, which end with the process."""
        return self._api_keys

    def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make all of `writes`, or undo those that were made; raises `WriteRefused`."""
        self._demand_open()
        if key is None:
            return self._made(writes, None, dry_run=dry_run)
        snapshots = TransactionSnapshots(writes, self._json)
        earlier = self._keys.find(key)
        if earlier is not None:
            replayed = snapshots.decode(earlier)
            return [written.tried() for written in replayed] if dry_run else replayed
        return self._made(writes, (key, snapshots), dry_run=dry_run)

    def _made(
        self,
        writes: Sequence[Write],
        keyed: tuple[IdempotencyKey, TransactionSnapshots] | None,
        *,
        dry_run: bool,
    ) -> Sequence[Written]:
        outcomes, undo = made(writes, self._make)
        if dry_run:
            undo()
            return [written.tried() for written in outcomes]
        if keyed is not None:
            key, snapshots = keyed
            try:
                self._keys.keep(key, snapshots.encode(outcomes))
            except TransactionTooLarge:
                undo()
                raise
        return outcomes

    def _make(self, write: Write) -> tuple[Written, Undo]:
        return self._collections[write.resource].make(write)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records; raises `StoreNotEmpty`, `RecordRefused`, `RecordOrphaned`."""
        loaded = {name: collection.new_index() for name, collection in self._collections.items()}
        number = 0
        async for resource, records in batches:
            for record in records:
                if record.id in loaded[resource.name].by_id:
                    raise RecordRefused(record.id, ("id",))
                try:
                    loaded[resource.name].add(record)
                except UniqueConflict as conflict:
                    raise RecordRefused(record.id, conflict.fields) from conflict
            number += len(records)
        orphaned = _orphan(self._foreign_keys, loaded)
        if orphaned is not None:
            raise orphaned
        # Nothing is waited for from here on: no other call comes between the look and the change.
        self._demand_open()
        if not replace and any(collection.holds_records for collection in self._collections.values()):
            raise StoreNotEmpty
        self._keys = IdempotencyKeys()
        for name, collection in self._collections.items():
            collection.take_over(loaded[name])
        return number

    def _demand_open(self) -> None:
        if not self._is_open:
            raise StoreUnavailable("the memory store is not open")


def _references(
    resource: Resource, keys: ForeignKeys, collections: Mapping[str, MemoryCollection]
) -> References:
    return References(
        {key.field: collections[key.target].owner_of for key in keys.of(resource.name)},
        [partial(collections[key.resource].number_referring, key.field) for key in keys.to(resource.name)],
        [key.field for key in keys.of(resource.name) if key.target == resource.name],
    )


def _orphan(keys: ForeignKeys, loaded: Mapping[str, RecordIndex]) -> RecordOrphaned | None:
    """The error of a record in `loaded` that refers to none there, if there is one."""
    for key in keys.all:
        known = loaded[key.target].by_id
        for record in loaded[key.resource].by_id.values():
            target = getattr(record.value, key.field)
            if target is not None and target not in known:
                return RecordOrphaned(record.id, key.field)
    return None
