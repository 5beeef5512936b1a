"""The records of one resource in the database."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import (
    QueryTooExpensive,
    Referenced,
    ReferenceMissing,
    VersionConflict,
    WriteContention,
)
from estuary.core.queries.query import ListQuery, ListResult, counted
from estuary.core.queries.uniques import UniqueKey
from estuary.core.record import Record, Written
from estuary.core.writes.writes import UNCONDITIONAL, Delete, Insert, Update, Write, WriteOptions
from estuary.stores.postgres.chosen_ids import ChosenIds
from estuary.stores.postgres.conflicts import Conflicts
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.idempotency_keys import RecordKeys
from estuary.stores.postgres.insert_batcher import InsertBatcher
from estuary.stores.postgres.pool import Pool
from estuary.stores.postgres.transaction import Transaction
from estuary.stores.postgres.unserved import UnservedQueries
from estuary.stores.sql.query_statements import is_far
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.unmatched_writes import refusal

_Row = Sequence[Any]
Operation = Callable[[Connection, float], Awaitable[Written]]
"""Makes a write over a connection, in so many seconds at most; what it left behind."""
Preceded = Callable[[Insert | Update | Delete, RecordKeys], Awaitable[Written]]
"""Makes a write with those that its options name before it; its key is one of the resource's."""
_ATTEMPTS = 4
"""How often a patch is tried that finds nothing to change, and then a record that others have changed."""


class PostgresCollection:
    """Implements `Collection`; `keys` and `chosen_ids` are the resource's.

    The functions give parts of the open store; `preceded` makes writes to any of its
    `resources`.

    A read, and a write without a key, is one statement: one way to the server and back, which inserts that
    come together share.
    """

    def __init__(
        self,
        pool: Callable[[], Pool],
        inserts: Callable[[], InsertBatcher],
        unserved: Callable[[], UnservedQueries],
        resource: SqlResource,
        keys: RecordKeys,
        chosen_ids: ChosenIds,
        conflicts: Conflicts,
        preceded: Preceded,
        resources: Mapping[str, SqlResource],
    ) -> None:
        self._pool = pool
        self._inserts = inserts
        self._unserved = unserved
        self._resource = resource
        self._rows = resource.rows
        self._keys = keys
        self._chosen_ids = chosen_ids
        self._conflicts = conflicts
        self._preceded = preceded
        self._resources = resources
        statements = resource.statements
        self._insert = statements.insert.text
        self._get = statements.get.text
        self._update = statements.update.text
        self._patch = statements.patch.text
        self._delete = statements.delete.text
        self._version = statements.version.text

    async def insert(self, record: Record, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Keep a new record; raises `UniqueConflict`, and `RecordExists` where its client chose a taken id.

        Any other id that is taken is a `StoreQueryFailed`.
        """
        if options.before:
            return await self._preceded(Insert(self._resource.name, record, options), self._keys)
        insert = self._insertion(record, options)
        if options.client_id or options.dry_run or options.demands:
            return await self._written(insert, options)
        if options.key is None:
            await self._inserts().add(self._rows.insert(record))
            return Written(record)
        insert_once = self._keys.insert_once(options.key, record, self._rows.insert(record), insert)
        return await self._pool().run(self._conflicts.translated(insert_once))

    async def get(self, record_id: str, owner: str | None = None) -> Record:
        """The record; raises `NotFound`."""
        row = await self._pool().run(
            lambda connection, seconds: connection.fetchrow(self._get, record_id, timeout=seconds)
        )
        return self._resource.reader.found(None if row is None else tuple(row), record_id, owner)

    async def find(self, key: UniqueKey, values: Sequence[Any], owner: str | None = None) -> ListResult:
        """The records with these values of a unique key: one search in its index."""
        asked = self._resource.unique_keys[key].find(values, owner)
        rows = [] if asked is None else await self._fetch(*asked)
        return ListResult([self._rows.record(tuple(row)) for row in rows])

    async def update(
        self,
        record_id: str,
        changes: Mapping[str, Any],
        updated_at: datetime,
        options: WriteOptions = UNCONDITIONAL,
    ) -> Written:
        """The record as changed; raises `NotFound`, `VersionConflict`, `UniqueConflict`."""
        if options.before:
            write = Update(self._resource.name, record_id, changes, updated_at, options)
            return await self._preceded(write, self._keys)
        return await self._written(self._change(record_id, changes, updated_at, options), options)

    async def delete(self, record_id: str, options: WriteOptions = UNCONDITIONAL) -> Written:
        """Remove the record; raises `NotFound`, `VersionConflict`, `Referenced`."""
        if options.before:
            return await self._preceded(Delete(self._resource.name, record_id, options), self._keys)
        return await self._written(self._removal(record_id, options), options)

    def operation(self, write: Write) -> Operation:
        """What makes one of several writes, within a transaction, without those before it."""
        match write:
            case Insert():
                return self._insertion(write.record, write.options)
            case Update():
                return self._change(write.record_id, write.changes, write.updated_at, write.options)
            case Delete():
                return self._removal(write.record_id, write.options)
            case _ as unknown:
                assert_never(unknown)

    async def list(self, query: ListQuery) -> ListResult:
        """The result of `query`, by one statement: one search in the index, then its neighbours."""
        if query.where or query.sort:
            return await self._query(query)
        asked = self._resource.lists.of(query)
        if is_far(query):
            return self._result(query, await self._unserved().fetch_in_turn(asked))
        return self._result(query, await self._fetch(*asked))

    async def _query(self, query: ListQuery) -> ListResult:
        asked = self._resource.queries.of(query)
        if asked.bounded:
            return self._result(query, await self._fetch(*asked.rows))
        rows = await self._unserved().fetch(asked.rows)
        if rows is None:
            raise QueryTooExpensive(asked.advice)
        return self._result(query, rows)

    def _result(self, query: ListQuery, rows: Sequence[_Row]) -> ListResult:
        if not query.counted:
            return ListResult([self._rows.record(tuple(row)) for row in rows])
        # An empty list still is a row: the total, and nulls.
        records = [self._rows.record(tuple(row[1:])) for row in rows if row[1] is not None]
        return counted(records, rows[0][0], query)

    async def count(self, owner: str | None = None) -> int:
        """The number of records, which triggers keep."""
        ((total,),) = await self._fetch(*self._resource.total(owner))
        return int(total)

    async def _fetch(self, statement: str, parameters: _Row) -> Sequence[_Row]:
        return await self._pool().run(
            lambda connection, seconds: connection.fetch(statement, *parameters, timeout=seconds)
        )

    def _insertion(self, record: Record, options: WriteOptions) -> Operation:
        row = self._rows.insert(record)

        async def insert(connection: Connection, seconds: float) -> Written:
            if options.client_id:
                return await self._chosen_ids.insert(connection, seconds, record, row)
            await connection.fetchrow(self._insert, *row, timeout=seconds)
            return Written(record)

        return self._demanding(self._conflicts.translated(insert), options)

    def _change(
        self, record_id: str, changes: Mapping[str, Any], updated_at: datetime, options: WriteOptions
    ) -> Operation:
        parameters = self._rows.update(record_id, changes, updated_at, options)

        async def update(connection: Connection, seconds: float) -> Written:
            row = await connection.fetchrow(self._update, *parameters, timeout=seconds)
            if row is None:
                await self._explain(connection, seconds, record_id, options)
            return Written(self._rows.record(tuple(row)))

        async def patch(connection: Connection, seconds: float) -> Written:
            for _ in range(_ATTEMPTS):
                row = await connection.fetchrow(self._patch, *parameters, timeout=seconds)
                if row is not None:
                    return Written(self._rows.record(tuple(row)))
                there = await self._there(connection, seconds, record_id, options)
                # Else others have changed it since.
                if there.has(changes):
                    return Written(there, made=False)
            raise WriteContention(record_id)

        write = self._conflicts.translated(patch if options.if_changed else update)
        return self._demanding(write, options)

    async def _there(
        self, connection: Connection, seconds: float, record_id: str, options: WriteOptions
    ) -> Record:
        """The record that a patch may be made to; raises why there is none."""
        row = await connection.fetchrow(self._get, record_id, timeout=seconds)
        record = self._rows.found(None if row is None else tuple(row), record_id, options.owner)
        if options.expected_version not in (None, record.version):
            raise VersionConflict(record.version)
        return record

    def _removal(self, record_id: str, options: WriteOptions) -> Operation:
        parameters = self._rows.delete(record_id, options)

        async def delete(connection: Connection, seconds: float) -> Written:
            try:
                deleted = await connection.fetchrow(self._delete, *parameters, timeout=seconds)
            except asyncpg.ForeignKeyViolationError as error:
                raise Referenced from error
            if deleted is None:
                await self._explain(connection, seconds, record_id, options)
            return Written(None)

        return delete

    def _demanding(self, write: Operation, options: WriteOptions) -> Operation:
        """`write`, and then a look at what it refers to, which stays as it is: the write has locked it."""
        if not options.demands:
            return write

        async def demanding(connection: Connection, seconds: float) -> Written:
            written = await write(connection, seconds)
            for demand in options.demands:
                version = self._resources[demand.resource].statements.version.text
                found = await connection.fetchrow(version, demand.record_id, timeout=seconds)
                if found is None or found["owner"] != demand.owner:
                    raise ReferenceMissing(demand.field)
            return written

        return demanding

    async def _written(self, write: Operation, options: WriteOptions) -> Written:
        dry_run = options.dry_run
        if options.key is not None:
            write = self._keys.once(options.key, write, dry_run=dry_run)
        elif dry_run or options.client_id or options.demands:
            write = _in_transaction(write, dry_run=dry_run)
        written = await self._pool().run(write)
        return written.tried() if dry_run else written

    async def _explain(
        self, connection: Connection, seconds: float, record_id: str, options: WriteOptions
    ) -> None:
        """Raise why a write found no record that its options allow.

        It lost to another writer, whose version, or whose absence, this later look then shows.
        """
        found = await connection.fetchrow(self._version, record_id, timeout=seconds)
        raise refusal(found, record_id, options)


def _in_transaction(write: Operation, *, dry_run: bool) -> Operation:
    async def work(connection: Connection, seconds: float) -> Written:
        async with Transaction(connection, seconds, dry_run=dry_run) as transaction:
            return await write(connection, transaction.seconds_left())

    return work
