"""Any store that may have to be migrated first: the service starts, and is ready once that was done."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from estuary.core.errors import StoreError, StoreNotMigrated
from estuary.core.observations import Migrated, MigrationAwaited
from estuary.core.ports import Collection, Observer, Store
from estuary.core.record import Record
from estuary.core.resource import Resource

INTERVAL = 1.0
"""Seconds between two looks."""


class WaitingStore:
    """Implements `Store` with another one, whose calls fail as those of a closed store until it is open."""

    def __init__(self, store: Store, observe: Observer, *, interval: float = INTERVAL) -> None:
        self._store = store
        self._observe = observe
        self._interval = interval
        self._reason: StoreError | None = None
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the store; where it is not migrated, return all the same and go on looking."""
        try:
            await self._store.open()
        except StoreNotMigrated as error:
            self._reason = error
            self._observe(MigrationAwaited(str(error)))
            self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Close the store, whether or not it was ever opened."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await self._store.close()

    async def ping(self) -> None:
        """Ask the store; raises `StoreNotMigrated` as long as it is not."""
        if self._reason is not None:
            raise type(self._reason)(*self._reason.args)
        await self._store.ping()

    def collection(self, resource: Resource) -> Collection:
        """The store's own collection of `resource`."""
        return self._store.collection(resource)

    def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> Coroutine[Any, Any, int]:
        """Load the store."""
        return self._store.load(batches, replace=replace)

    def dump(self) -> AsyncGenerator[tuple[Resource, Sequence[Record]], None]:
        """Dump the store."""
        return self._store.dump()

    async def _look(self) -> None:
        while self._reason is not None:
            await asyncio.sleep(self._interval)
            try:
                await self._store.open()
            except StoreError as error:
                self._reason = error
            else:
                self._reason = None
        self._observe(Migrated())
