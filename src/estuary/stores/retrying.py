"""Retries opening a store that is unavailable at the start, or has to be migrated first."""

import asyncio
from collections.abc import AsyncIterable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from estuary.core.awaiting import MaybeAwaitable, settled
from estuary.core.errors import StoreError, StoreNotMigrated, StoreRefused, StoreUnavailable
from estuary.core.observations import Migrated, MigrationAwaited, RetryDue, StoreAwaited, StoreFound
from estuary.core.ports import ApiKeys, Collection, Observer, Store
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import IdempotencyKey, Write

INTERVAL = 1.0
"""Seconds between two attempts."""
OPEN_TIMEOUT = 3.0
"""Seconds that `open` waits for the first one: less than clients that connect meanwhile."""
OPENING = "the store is still being opened, or migrated"


class RetryingStore:
    """A `Store` that retries opening another one; until it is open calls fail as on a closed store.

    It is available once it was opened and has answered. Errors that a retry cannot help are refusals:
    `StoreRefused`, a `StoreSchemaMismatch` that no migration mends, and errors of the store's own.
    """

    def __init__(
        self, store: Store, observe: Observer, *, interval: float = INTERVAL, timeout: float = OPEN_TIMEOUT
    ) -> None:
        self._store = store
        self._observe = observe
        self._interval = interval
        self._timeout = timeout
        self._is_open = False
        self._may_refuse = True
        """Whether a refusal still ends the start: then it is raised, and no waiting is reported."""
        self._reason: StoreError | None = None
        self._refusal: StoreError | None = None
        self._tried = asyncio.Event()
        self._settled = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None

    @property
    def waits_for(self) -> str:
        """Why it is not available yet, for an operator; empty once it is."""
        return "" if self._reason is None else str(self._reason)

    async def open(self) -> None:
        """Open the store; if it is unavailable, not migrated or slow, return all the same and go on trying.

        Raises a refusal that comes within the timeout.
        """
        self._opening = asyncio.create_task(self._open())
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timeout):
                await self._tried.wait()
        if self._refusal is not None:
            raise self._refusal
        self._may_refuse = False
        if not self._tried.is_set():
            self._wait_because(StoreUnavailable(OPENING))
        elif self._opening.done():
            self._opening.result()

    async def there(self) -> None:
        """Return when the store is there; raises a refusal, for as long as that is not so."""
        await self._settled.wait()
        if self._refusal is not None:
            raise self._refusal
        if self._opening is not None and self._opening.done():
            self._opening.result()

    async def close(self) -> None:
        """Close the store, whether or not it was ever opened."""
        await self._give_up()
        await self._store.close()

    def ping(self) -> MaybeAwaitable[None]:
        """Ask the store; raises why it is not there as long as it is not."""
        if self._reason is not None:
            raise type(self._reason)(*self._reason.args)
        return self._store.ping()

    def collection(self, resource: Resource) -> Collection:
        """The store's own collection of `resource`."""
        return self._store.collection(resource)

    def api_keys(self) -> ApiKeys:
        """The store's own."""
        return self._store.api_keys()

    def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> MaybeAwaitable[Sequence[Written]]:
        """Several writes of the store's own."""
        return self._store.transact(writes, key=key, dry_run=dry_run)

    def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> Coroutine[Any, Any, int]:
        """Load the store."""
        return self._store.load(batches, replace=replace)

    async def _open(self) -> None:
        """Try until the store is there, or refuses in time."""
        try:
            while not await self._attempt():
                if self._refusal is not None and self._may_refuse:
                    return
                self._tried.set()
                self._observe(RetryDue("opening the store", self._interval, self.waits_for))
                await asyncio.sleep(self._interval)
        finally:
            self._tried.set()
            self._settled.set()
        if self._reason is not None:
            found = Migrated() if isinstance(self._reason, StoreNotMigrated) else StoreFound()
            self._reason = self._refusal = None
            self._observe(found)

    async def _attempt(self) -> bool:
        try:
            if not self._is_open:
                await self._store.open()
                self._is_open = True
            await settled(self._store.ping())
        except StoreError as error:
            refuses = not _may_pass(error)
            if not (refuses and self._may_refuse):
                self._wait_because(error)
            if refuses:
                self._refusal = error
                self._settled.set()
            return False
        return True

    def _wait_because(self, error: StoreError) -> None:
        if str(error) != self.waits_for:
            awaited = MigrationAwaited if isinstance(error, StoreNotMigrated) else StoreAwaited
            self._observe(awaited(str(error)))
        self._reason = error

    async def _give_up(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            with suppress(asyncio.CancelledError, StoreError):
                await self._opening


def _may_pass(error: StoreError) -> bool:
    """Whether a retry may help: the store is unavailable, or is to be migrated by another process."""
    if isinstance(error, StoreNotMigrated):
        return True
    return isinstance(error, StoreUnavailable) and not isinstance(error, StoreRefused)
