"""Loads whole records in one transaction, over its own connection."""

import re
from collections.abc import AsyncIterable, Mapping, Sequence
from typing import Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import RecordOrphaned, RecordRefused, StoreNotEmpty
from estuary.core.record import Record
from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import Resource
from estuary.stores.postgres.conflicts import Conflicts
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.sql.orphans import OrphanSearch
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.tables import DELETED, KEYS

_LINE: Final = r"COPY .*, line (\d+)"
"""Where the server says which of the records that it was given it refuses."""


class Loader:
    """Fills the tables of `resources` (by their names); `foreign_keys` are between them.

    A load reads its batches at their own pace; readers go on seeing what was there before, and other
    writers wait. `timeout` (seconds) bounds its wait for writers that are under way.
    """

    def __init__(
        self,
        connector: Connector,
        resources: Mapping[str, SqlResource],
        foreign_keys: Sequence[ForeignKey],
        *,
        timeout: float,
    ) -> None:
        self._connector = connector
        self._foreign_keys = foreign_keys
        self._resources = resources
        self._timeout = timeout

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep all records or none; raises `StoreNotEmpty`, and what `batches` raises."""
        connection = await self._connector.connect()
        try:
            return await self._fill(connection, batches, replace=replace)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            # Ending the session leaves nothing of what was not committed.
            connection.terminate()

    async def _fill(
        self,
        connection: Connection,
        batches: AsyncIterable[tuple[Resource, Sequence[Record]]],
        *,
        replace: bool,
    ) -> int:
        number = 0
        await self._begin(connection, replace=replace)
        async for resource, records in batches:
            loaded = self._resources[resource.name]
            try:
                await connection.copy_records_to_table(
                    resource.name,
                    records=map(loaded.rows.insert, records),
                    columns=loaded.table.columns.keys(),
                )
            except asyncpg.UniqueViolationError as error:
                conflict = Conflicts(loaded.table, loaded.unique_keys).of(error)
                line = re.search(_LINE, error.context or "")
                if line is None:
                    raise
                fields = ("id",) if conflict is None else conflict.fields
                raise RecordRefused(records[int(line[1]) - 1].id, fields) from error
            number += len(records)
        await self._demand_targets(connection)
        await connection.execute("COMMIT")
        return number

    async def _demand_targets(self, connection: Connection) -> None:
        """Raise `RecordOrphaned`: records were loaded in any order, and the server has looked at none."""
        for key in self._foreign_keys:
            orphan = await connection.fetchrow(OrphanSearch(key).statement)
            if orphan is not None:
                raise RecordOrphaned(orphan[1], key.field)

    async def _begin(self, connection: Connection, *, replace: bool) -> None:
        """Take the tables, then see that there is nothing in them, or to it."""
        await connection.execute(
            f"BEGIN; SET LOCAL lock_timeout = {round(self._timeout * 900)}; "
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; "
            "SET CONSTRAINTS ALL DEFERRED"
        )
        tables = [f'"{table}"' for table in sorted(self._resources)]
        await connection.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        if replace:
            # Not TRUNCATE: it would make readers wait, and show them nothing where there was something.
            emptied = [f"DELETE FROM {table}" for table in (*tables, KEYS, DELETED)]  # noqa: S608 (checked names)
            await connection.execute("; ".join(emptied))
            return
        for table in tables:
            if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):  # noqa: S608 (as above)
                raise StoreNotEmpty
