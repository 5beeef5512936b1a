"""Loads whole records in one transaction, over a connection of its own."""

from collections.abc import AsyncIterable, Mapping, Sequence
from typing import NamedTuple

from estuary.core.errors import StoreNotEmpty
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.postgres.connection import Connection
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.tables import KEYS


class Loadable(NamedTuple):
    """A resource's table, as far as loading goes."""

    columns: list[str]
    rows: Rows


class Loader:
    """Fills the tables of `loadables` (by the name of their resource).

    A load reads its batches at their own pace; readers go on seeing what was there before, and other
    writers wait. `timeout` (seconds) bounds its wait for writers that are under way.
    """

    def __init__(self, connector: Connector, loadables: Mapping[str, Loadable], *, timeout: float) -> None:
        self._connector = connector
        self._loadables = loadables
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
            columns, rows = self._loadables[resource.name]
            await connection.copy_records_to_table(
                resource.name, records=map(rows.insert, records), columns=columns
            )
            number += len(records)
        await connection.execute("COMMIT")
        return number

    async def _begin(self, connection: Connection, *, replace: bool) -> None:
        """Take the tables, then see that there is nothing in them, or to it."""
        await connection.execute(
            f"BEGIN; SET LOCAL lock_timeout = {round(self._timeout * 900)}; "
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
        )
        tables = [f'"{table}"' for table in sorted(self._loadables)]
        await connection.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        if replace:
            # Not TRUNCATE: it would make readers wait, and show them nothing where there was something.
            await connection.execute("; ".join(f"DELETE FROM {table}" for table in (*tables, KEYS)))  # noqa: S608 (checked names)
            return
        for table in tables:
            if await connection.fetchval(f"SELECT EXISTS (SELECT 1 FROM {table})"):  # noqa: S608 (as above)
                raise StoreNotEmpty
