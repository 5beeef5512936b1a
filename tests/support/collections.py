"""Collections as tests call them: each method is waited for, and lists are asked for in few words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from estuary.core import ports
from estuary.core.awaiting import settled
from estuary.core.queries.query import ListQuery, ListResult, by_cursor
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Position, Record, Written
from estuary.core.writes.writes import UNCONDITIONAL, WriteOptions


class Collection:
    """Implements the port with `inner`, whose answers it waits for where they have to be waited for."""

    def __init__(self, inner: ports.Collection) -> None:
        self.inner = inner

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record."""
        return await settled(self.inner.insert(record, options))

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """Read a record."""
        return await settled(self.inner.get(record_id, owner))

    async def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """Read records by the values of a unique key."""
        return await settled(self.inner.find(key, values, owner))

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """Change a record."""
        return await settled(self.inner.update(record_id, changes, updated_at, options))

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove a record."""
        return await settled(self.inner.delete(record_id, options))

    async def list(self, query: ListQuery) -> ListResult:
        """The records that are asked for."""
        return await settled(self.inner.list(query))

    async def slice(
        self, offset: int, limit: int, owner: str | None = None
    ) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and the number of all."""
        result = await self.list(ListQuery(limit, offset, owner=owner))
        assert result.total is not None
        return result.records, result.total

    async def page(self, after: Position | None, limit: int, owner: str | None = None) -> Sequence[Record]:
        """Up to `limit` records behind a position, which nothing counts."""
        result = await self.list(by_cursor(limit, after, owner))
        assert result.total is None
        return result.records

    async def count(self, owner: str | None = None) -> int:
        """The number of records."""
        return await settled(self.inner.count(owner))


def awaited(collection: ports.Collection) -> Collection:
    """`collection`, as tests call it."""
    return Collection(collection)
