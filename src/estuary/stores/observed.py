"""Any store, with an observation of every query put to it."""

import asyncio
from collections.abc import AsyncIterable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from estuary.core.measurements import StoreQueried
from estuary.core.observations import StoreQueryCancelled
from estuary.core.ports import Collection, ImmediateInserts, ImmediateReads, Observer, Store
from estuary.core.record import Position, Record, Written
from estuary.core.resource import Resource
from estuary.core.terms import UNCONDITIONAL, WriteTerms
from estuary.stores.observed_now import ANSWERS, ObservedNow

Answer = TypeVar("Answer")


class ObservedStore:
    """Implements `Store` with another one; `monotonic` gives seconds that never go back.

    Health probes are not queries: `ping` is passed on unobserved.
    """

    def __init__(self, store: Store, observe: Observer, monotonic: Callable[[], float]) -> None:
        self._store = store
        self._observe = observe
        self._monotonic = monotonic

    async def open(self) -> None:
        """Open the store."""
        await self._store.open()

    async def close(self) -> None:
        """Close the store."""
        await self._store.close()

    async def ping(self) -> None:
        """Ask the store whether it can answer."""
        await self._store.ping()

    def collection(self, resource: Resource) -> "ObservedCollection":
        """The store's collection of `resource`, observed."""
        collection = self._store.collection(resource)
        watched = (resource.name, self._observe, self._monotonic)
        if isinstance(collection, ImmediateReads):
            reads = ObservedNow("get", collection.get_now, *watched)
            if isinstance(collection, ImmediateInserts):
                inserts = ObservedNow("insert", collection.insert_now, *watched)
                return _WithReadsAndInserts(collection, reads, inserts, *watched)
            return _WithReads(collection, reads, *watched)
        return ObservedCollection(collection, *watched)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Load the store; it is no query."""
        return await self._store.load(batches, replace=replace)


class ObservedCollection:
    """Implements `Collection` with another one; every call gives one observation.

    That is a `StoreQueried`, or a `StoreQueryCancelled` where the caller did not wait for the answer.

    The methods are plain functions that give back the observing coroutine: one frame less a call.
    """

    def __init__(
        self, collection: Collection, resource: str, observe: Observer, monotonic: Callable[[], float]
    ) -> None:
        self._collection = collection
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic

    def insert(self, record: Record, terms: WriteTerms = UNCONDITIONAL) -> Coroutine[Any, Any, Written]:
        """Observe `insert`."""
        return self._observed("insert", self._collection.insert(record, terms))

    def get(self, record_id: str, owner: str | None = None) -> Coroutine[Any, Any, Record]:
        """Observe `get`."""
        return self._observed("get", self._collection.get(record_id, owner))

    def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        terms: WriteTerms = UNCONDITIONAL,
    ) -> Coroutine[Any, Any, Written]:
        """Observe `update`."""
        return self._observed("update", self._collection.update(record_id, changes, updated_at, terms))

    def delete(self, record_id: str, terms: WriteTerms = UNCONDITIONAL) -> Coroutine[Any, Any, Written]:
        """Observe `delete`."""
        return self._observed("delete", self._collection.delete(record_id, terms))

    def slice(
        self, offset: int, limit: int, owner: str | None = None
    ) -> Coroutine[Any, Any, tuple[Sequence[Record], int]]:
        """Observe `slice`."""
        return self._observed("slice", self._collection.slice(offset, limit, owner))

    def page(
        self, after: Position | None, limit: int, owner: str | None = None
    ) -> Coroutine[Any, Any, Sequence[Record]]:
        """Observe `page`."""
        return self._observed("page", self._collection.page(after, limit, owner))

    def count(self, owner: str | None = None) -> Coroutine[Any, Any, int]:
        """Observe `count`."""
        return self._observed("count", self._collection.count(owner))

    async def _observed(self, operation: str, query: Coroutine[Any, Any, Answer]) -> Answer:
        started = self._monotonic()
        succeeded = cancelled = False
        try:
            answer = await query
            succeeded = True
        except ANSWERS:
            succeeded = True
            raise
        except asyncio.CancelledError:
            # Who asked has left, or the service stops: no failure of the store's.
            cancelled = True
            raise
        finally:
            duration = self._monotonic() - started
            if cancelled:
                self._observe(StoreQueryCancelled(operation, self._resource, duration))
            else:
                self._observe(StoreQueried(operation, self._resource, duration, succeeded))
        return answer


class _WithReads(ObservedCollection):
    """Implements `ImmediateReads`, too."""

    def __init__(
        self,
        collection: Collection,
        get_now: Callable[[str, str | None], Record],
        resource: str,
        observe: Observer,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(collection, resource, observe, monotonic)
        self.get_now = get_now


class _WithReadsAndInserts(_WithReads):
    """Implements `ImmediateInserts`, too."""

    def __init__(
        self,
        collection: Collection,
        get_now: Callable[[str, str | None], Record],
        insert_now: Callable[[Record, WriteTerms], Written],
        resource: str,
        observe: Observer,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(collection, get_now, resource, observe, monotonic)
        self.insert_now = insert_now
