"""Any store, with an observation of every query put to it."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from typing import TypeVar

from estuary.core.awaiting import settled
from estuary.core.errors import WriteRefused
from estuary.core.measurements import StoreQueried
from estuary.core.observations import StoreQueryCancelled
from estuary.core.ports import Observer, Store
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes import Write
from estuary.stores.observed_collection import ANSWERS, ObservedCollection

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

    def collection(self, resource: Resource) -> ObservedCollection:
        """The store's collection of `resource`, observed."""
        later = _Later(resource.name, self._observe, self._monotonic)
        collection = self._store.collection(resource)
        return ObservedCollection(collection, resource.name, self._observe, self._monotonic, later)

    async def transact(self, writes: Sequence[Write]) -> Sequence[Written]:
        """Make several writes; each is observed as a query, with the time that all of them took."""
        started = self._monotonic()
        succeeded = cancelled = False
        try:
            written = await settled(self._store.transact(writes))
            succeeded = True
        except WriteRefused:
            succeeded = True
            raise
        except asyncio.CancelledError:
            cancelled = True
            raise
        finally:
            duration = self._monotonic() - started
            for write in writes:
                self._observe(_observation(write, duration, succeeded=succeeded, cancelled=cancelled))
        return written

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Load the store; it is no query."""
        return await self._store.load(batches, replace=replace)


def _observation(
    write: Write, duration: float, *, succeeded: bool, cancelled: bool
) -> StoreQueried | StoreQueryCancelled:
    operation = type(write).__name__.lower()
    if cancelled:
        return StoreQueryCancelled(operation, write.resource, duration)
    return StoreQueried(operation, write.resource, duration, succeeded)


class _Later:
    """Observes queries of one resource that have to be waited for."""

    def __init__(self, resource: str, observe: Observer, monotonic: Callable[[], float]) -> None:
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic

    async def __call__(self, operation: str, query: Awaitable[Answer]) -> Answer:
        """What comes of `query`, with one observation, also where its caller does not wait for that."""
        started = self._monotonic()
        succeeded = cancelled = False
        try:
            answer = await query
            succeeded = True
        except ANSWERS:
            succeeded = True
            raise
        except asyncio.CancelledError:
            # The client has left, or the service stops: no failure of the store's.
            cancelled = True
            raise
        finally:
            duration = self._monotonic() - started
            if cancelled:
                self._observe(StoreQueryCancelled(operation, self._resource, duration))
            else:
                self._observe(StoreQueried(operation, self._resource, duration, succeeded))
        return answer
