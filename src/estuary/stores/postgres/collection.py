"""The records of one resource in the database."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from estuary.core.errors import NotFound
from estuary.core.record import Position, Record, Written
from estuary.core.terms import UNCONDITIONAL, WriteTerms
from estuary.stores.postgres.connection import Connection
from estuary.stores.postgres.inserts import Inserts
from estuary.stores.postgres.keys import Keys
from estuary.stores.postgres.pool import Pool
from estuary.stores.sql.lists import Lists
from estuary.stores.sql.refusals import refusal
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import Statements

_Row = Sequence[Any]
_Write = Callable[[Connection, float], Awaitable[Record | None]]


class PostgresCollection:
    """`statements`, `rows` and `keys` are of the same resource; `pool` and `inserts` give the open store's.

    A read, and a write without a key, is one statement: one way to the server and back, which inserts that
    come together share.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        inserts: Callable[[], Inserts],
        statements: Statements,
        rows: Rows,
        keys: Keys,
    ) -> None:
        self._pool = pool
        self._inserts = inserts
        self._rows = rows
        self._keys = keys
        self._insert = statements.insert.text
        self._get = statements.get.text
        self._update = statements.update.text
        self._delete = statements.delete.text
        self._version = statements.version.text
        self._lists = Lists(statements)

    async def insert(self, record: Record, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `StoreQueryFailed` if its id is taken."""
        row = self._rows.insert(record)
        if terms.key is None:
            await self._inserts().add(row)
            return Written(record)

        async def insert(connection: Connection, seconds: float) -> Record:
            await connection.fetchrow(self._insert, *row, timeout=seconds)
            return record

        return await self._pool().run(self._keys.insert_once(terms.key, record, row, insert))

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        row = await self._pool().run(
            lambda connection, seconds: connection.fetchrow(self._get, record_id, timeout=seconds)
        )
        if row is None:
            raise NotFound(record_id)
        record = self._rows.record(row)
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        terms: WriteTerms = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.update(record_id, changes, updated_at, terms)

        async def write(connection: Connection, seconds: float) -> Record:
            row = await connection.fetchrow(self._update, *parameters, timeout=seconds)
            if row is None:
                await self._explain(connection, seconds, record_id, terms)
            return self._rows.record(row)

        return await self._written(write, terms)

    async def delete(self, record_id: str, terms: WriteTerms = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`."""
        parameters = self._rows.delete(record_id, terms)

        async def write(connection: Connection, seconds: float) -> None:
            if await connection.fetchrow(self._delete, *parameters, timeout=seconds) is None:
                await self._explain(connection, seconds, record_id, terms)

        return await self._written(write, terms)

    async def slice(
        self, offset: int, limit: int, owner: str | None = None
    ) -> tuple[Sequence[Record], int]:
        """Up to `limit` records from the `offset`-th on, and the number of all: both of one moment."""
        statement, whose = self._lists.slice(owner)
        rows = await self._fetch(statement, (*whose, offset, limit))
        # An empty slice still is a row: the total, and nulls.
        records = [self._rows.record(row[1:]) for row in rows if row[1] is not None]
        return records, rows[0][0]

    async def page(self, after: Position | None, limit: int, owner: str | None = None) -> Sequence[Record]:
        """Up to `limit` records after a position: one search in the index, then its neighbours."""
        rows = await self._fetch(*self._lists.page(after, limit, owner))
        return [self._rows.record(row) for row in rows]

    async def count(self, owner: str | None = None) -> int:
        """The number of records, which triggers keep."""
        ((total,),) = await self._fetch(*self._lists.total(owner))
        return int(total)

    async def _fetch(self, statement: str, parameters: _Row) -> Sequence[_Row]:
        return await self._pool().run(
            lambda connection, seconds: connection.fetch(statement, *parameters, timeout=seconds)
        )

    async def _written(self, write: _Write, terms: WriteTerms) -> Written:
        if terms.key is None:
            return Written(await self._pool().run(write))
        return await self._pool().run(self._keys.once(terms.key, write))

    async def _explain(
        self, connection: Connection, seconds: float, record_id: str, terms: WriteTerms
    ) -> None:
        """Raise why a write found no record on its terms.

        It lost to another writer, whose version, or whose absence, this later look then shows.
        """
        found = await connection.fetchrow(self._version, record_id, timeout=seconds)
        raise refusal(found, record_id, terms)
