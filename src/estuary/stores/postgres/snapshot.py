"""All that a database holds, declared or not, as of one moment, over its own connection."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import StoreNotMigrated, StoreSchemaMismatch
from estuary.core.moments import from_microseconds
from estuary.core.queries.query import by_cursor
from estuary.core.record import Position, Record
from estuary.core.resource import Resource
from estuary.core.sources import Row, Survey
from estuary.stores.postgres.catalog import Catalog, read_catalog, tables_called
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.postgres.schema import TABLE_COMMENT, Schema
from estuary.stores.postgres.tables import ALL_OWNERS
from estuary.stores.sql.indexes import OWNER
from estuary.stores.sql.migrations.policy import NOT_MIGRATED, Policy
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import BoundStatement
from estuary.stores.sql.tables import COMMON, TOTALS

BATCH = 1000
"""Records that are asked for in one go."""

# The server would otherwise end a session that rests while the last batch is worked on.
_BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0"
)
_SERVER = "SELECT system_identifier FROM pg_control_system()"
_PLACE = "SELECT current_database() || '/' || current_schema()"
NO_TABLES = "The database holds no table of Estuary's: is it the one that the service uses?"


class Snapshots:
    """Looks at the database that `connector` leads to, with whatever user: it need only be able to read."""

    def __init__(
        self, connector: Connector, schema: Schema, resources: Mapping[str, SqlResource], policy: Policy
    ) -> None:
        self._connector = connector
        self._schema = schema
        self._resources = resources
        self._policy = policy

    async def survey(self) -> Survey:
        """The content; see `Source`."""
        async with self._reading() as (connection, store_id):
            return await self._survey(connection, await self._catalog(connection), store_id)

    @asynccontextmanager
    async def take(self) -> AsyncIterator["PostgresSnapshot"]:
        """Everything in one transaction, whose snapshot no writer waits for; see `Source`."""
        async with self._reading() as (connection, store_id):
            catalog = await self._catalog(connection)
            survey = await self._survey(connection, catalog, store_id)
            if self._policy is not Policy.OFF and not self._schema.fits(catalog):
                raise StoreNotMigrated(NOT_MIGRATED)
            there = {name: self._resources[name] for name in self._schema.tables if name in catalog.columns}
            yield PostgresSnapshot(connection, survey, catalog, there)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[tuple[Connection, str]]:
        """A connection within a transaction that only reads, and which store it leads to."""
        await self._connector.look()
        connection = await self._connector.connect()
        try:
            store_id = await _store_id(connection)
            await connection.execute(_BEGIN)
            yield connection, store_id
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            connection.terminate()

    async def _catalog(self, connection: Connection) -> Catalog:
        others = await tables_called(connection, TABLE_COMMENT)
        catalog = await read_catalog(connection, [*{*self._schema.names, *others}])
        self._schema.check_origin(catalog)
        if TOTALS not in catalog.columns:
            raise StoreSchemaMismatch(NO_TABLES)
        return catalog

    async def _survey(self, connection: Connection, catalog: Catalog, store_id: str) -> Survey:
        declared = {name: set(table.columns.keys()) for name, table in self._schema.tables.items()}
        undeclared = [name for name in catalog.columns if catalog.comments.get(name) == TABLE_COMMENT]
        counts = {name: await _count(connection, name) for name in undeclared}
        return Survey(
            store_id,
            sum(counts.get(name, 0) for name in declared),
            {name: count for name, count in sorted(counts.items()) if name not in declared and count},
            {
                name: beside
                for name, columns in catalog.columns.items()
                if name in declared
                and (beside := [column for column in columns if column not in declared[name]])
            },
        )


class PostgresSnapshot:
    """Implements `Snapshot` on one transaction.

    Page after page rather than with a cursor of the server's: each is a search in the index, bounded in
    time as every query is, however long all of it takes.
    """

    def __init__(
        self, connection: Connection, survey: Survey, catalog: Catalog, resources: Mapping[str, SqlResource]
    ) -> None:
        self._connection = connection
        self.survey = survey
        self._catalog = catalog
        self._resources = resources

    async def records(self, resource: Resource) -> AsyncGenerator[Sequence[Record], None]:
        """The records of a resource in their order; none where it has no table yet."""
        if (known := self._resources.get(resource.name)) is None:
            return
        after: Position | None = None
        while found := await self._fetch(known.lists.of(by_cursor(BATCH, after))):
            records = [known.reader.record(tuple(row)) for row in found]
            yield records
            after = Position(records[-1].created, records[-1].id)

    async def rows(self, table: str) -> AsyncGenerator[Sequence[Row], None]:
        """The rows of any table of records, in the same order."""
        values = [name for name in self._catalog.columns[table] if name not in (*COMMON, OWNER)]
        chosen = ", ".join([*COMMON, OWNER, *(f'"{name}"' for name in values)])
        select, order = f'SELECT {chosen} FROM "{table}"', "ORDER BY created_at, id LIMIT"  # noqa: S608 (names in the catalog)
        wanted = BoundStatement(f"{select} {order} $1", (BATCH,))
        while found := await self._fetch(wanted):
            yield [_row(values, row) for row in found]
            last = (found[-1]["created_at"], found[-1]["id"])
            wanted = BoundStatement(
                f"{select} WHERE (created_at, id) > ($1, $2) {order} $3", (*last, BATCH)
            )

    async def _fetch(self, wanted: BoundStatement) -> Sequence[Any]:
        found: Sequence[Any] = await self._connection.fetch(wanted.statement, *wanted.parameters)
        return found


def _row(names: Sequence[str], row: Any) -> Row:
    record_id, version, created_at, updated_at, owner, *values = row
    columns = dict(zip(names, values, strict=True))
    return Row(
        record_id, version, from_microseconds(created_at), from_microseconds(updated_at), columns, owner
    )


async def _count(connection: Connection, table: str) -> int:
    """How many records there are, by the totals that triggers keep; 0 only for an empty table."""
    if not await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table}")'):  # noqa: S608 (a name in the catalog)
        return 0
    query = f"SELECT sum(total)::bigint FROM {TOTALS} WHERE resource = $1 AND owner = {ALL_OWNERS}"  # noqa: S608 (constants)
    return int(await connection.fetchval(query, table) or 1)


async def _store_id(connection: Connection) -> str:
    """Identifies this database: the cluster's own number, and the place of the tables in it.

    A standby has its primary's. Empty where the server does not let the user know it.
    """
    try:
        server = await connection.fetchval(_SERVER)
        place = await connection.fetchval(_PLACE)
    except asyncpg.PostgresError:
        return ""
    return sha256(f"postgres:{server}/{place}".encode()).hexdigest()[:32]
