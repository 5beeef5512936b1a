"""Any store, with an observation of every query put to it."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import TypeVar

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.measurements import StoreQueried
from estuary.core.observations import StoreQueryCancelled
from estuary.core.ports import ApiKeys, Observer, Store
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import IdempotencyKey, Write
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

    def ping(self) -> MaybeAwaitable[None]:
        """Ask the store whether it can answer."""
        return self._store.ping()

    def collection(self, resource: Resource) -> ObservedCollection:
        """The store's collection of `resource`, observed."""
        later = _Later(resource.name, self._observe, self._monotonic)
        collection = self._store.collection(resource)
        return ObservedCollection(collection, resource.name, self._observe, self._monotonic, later)

    def api_keys(self) -> ApiKeys:
        """The store's own: every worker asks for changes of keys again and again, as probes do."""
        return self._store.api_keys()

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make several writes; each is observed as a query, with the time that all of them took."""

        def report(ending: Ending, duration: float) -> None:
            for write in writes:
                operation = type(write).__name__.lower()
                self._observe(_observation(operation, write.resource, ending, duration))

        async def transact() -> Sequence[Written]:
            return await settled(self._store.transact(writes, key=key, dry_run=dry_run))

        return await _reported(transact(), self._monotonic, report)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Load the store; it is no query."""
        return await self._store.load(batches, replace=replace)


class Ending(Enum):
    """How a query ended."""

    ANSWERED = auto()
    FAILED = auto()
    CANCELLED = auto()
    """The client has left, or the service stops: no failure of the store's."""


class _Later:
    """Observes queries of one resource that have to be waited for."""

    def __init__(self, resource: str, observe: Observer, monotonic: Callable[[], float]) -> None:
        self._resource = resource
        self._observe = observe
        self._monotonic = monotonic

    def __call__(self, operation: str, query: Awaitable[Answer]) -> Awaitable[Answer]:
        """The result of `query`, with one observation, even if its caller is cancelled."""

        def report(ending: Ending, duration: float) -> None:
            self._observe(_observation(operation, self._resource, ending, duration))

        return _reported(query, self._monotonic, report)


async def _reported(
    query: Awaitable[Answer], monotonic: Callable[[], float], report: Callable[[Ending, float], None]
) -> Answer:
    """The result of `query`; how it ended, and after how many seconds, is reported once."""
    started, ending = monotonic(), Ending.FAILED
    try:
        answer = await query
        ending = Ending.ANSWERED
    except ANSWERS:
        ending = Ending.ANSWERED
        raise
    except asyncio.CancelledError:
        ending = Ending.CANCELLED
        raise
    finally:
        report(ending, monotonic() - started)
    return answer


def _observation(
    operation: str, resource: str, ending: Ending, duration: float
) -> StoreQueried | StoreQueryCancelled:
    if ending is Ending.CANCELLED:
        return StoreQueryCancelled(operation, resource, duration)
    return StoreQueried(operation, resource, duration, succeeded=ending is Ending.ANSWERED)
