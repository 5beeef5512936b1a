"""A store in memory whose reads and updates end when a test says so."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from datetime import datetime
from typing import Any

from estuary.core import ports
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions
from estuary.stores.memory import MemoryStore
from tests.support.collections import Collection


class SlowCollection(Collection):
    """A read that has seen the record waits at a gate before it returns; a write may fail once made."""

    def __init__(self, inner: ports.Collection) -> None:
        super().__init__(inner)
        self.reads = 0
        self.waiting = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.write_gate = asyncio.Event()
        self.write_gate.set()
        self.write: asyncio.Task[Written] | None = None

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record as it was when the read began."""
        self.reads += 1
        record = await super().get(record_id, owner)
        self.waiting += 1
        try:
            await self.gate.wait()
        finally:
            self.waiting -= 1
        return record

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """Write, then perhaps fail, so that the outcome is lost. A write that began is made."""
        return await asyncio.shield(self._begin(super().update(record_id, changes, updated_at, options)))

    def _begin(self, write: Coroutine[Any, Any, Written]) -> asyncio.Task[Written]:
        self.write = asyncio.create_task(self._at_last(write))
        return self.write

    async def _at_last(self, write: Coroutine[Any, Any, Written]) -> Written:
        await self.write_gate.wait()
        written = await write
        if self.failure is not None:
            raise self.failure
        return written


class SlowStore:
    """Implements `Store` with one in memory, whose collections are slow."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        known = tuple(resources)
        memory = MemoryStore(known)
        self.open, self.close, self.ping = memory.open, memory.close, memory.ping
        self.load, self.transact, self.api_keys = memory.load, memory.transact, memory.api_keys
        self._collections = {each.name: SlowCollection(memory.collection(each)) for each in known}

    def collection(self, resource: Resource) -> SlowCollection:
        """The collection of one of the store's resources, the same each time."""
        return self._collections[resource.name]
