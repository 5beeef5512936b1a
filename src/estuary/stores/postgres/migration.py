"""Makes the database fit the declared resources, once, however many come to do it at the same time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from estuary.core.errors import StoreNotMigrated, StoreSchemaMismatch
from estuary.stores.postgres.catalog import Catalog, read_catalog
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.errors import DRIVER_ERRORS, translate
from estuary.stores.postgres.migration_turn import migration_turn
from estuary.stores.postgres.renames import Renamed
from estuary.stores.postgres.schema import Schema
from estuary.stores.sql.duplicates import Search
from estuary.stores.sql.migrations.plan import UNCHANGED, Plan
from estuary.stores.sql.migrations.policy import NO_ALEMBIC, NOT_MIGRATED, Policy
from estuary.stores.sql.orphans import OrphanSearch

_LOCK = 0x45535455
_BEGIN = (
    # Who comes while another migrates waits for that, but not for long where others are at a table.
    "BEGIN; SET LOCAL lock_timeout = '600s'; "
    f"SELECT pg_advisory_xact_lock({_LOCK}); SET LOCAL lock_timeout = '10s'"
)


class _Plan(NamedTuple):
    """Statements that run in one transaction, and those that then run outside of any."""

    at_once: Sequence[str]
    afterwards: Sequence[str]


class Migration:
    """Compares `schema` with the database that `connector` leads to, and mends what differs."""

    def __init__(self, schema: Schema, connector: Connector) -> None:
        self._schema = schema
        self._connector = connector

    async def prepare(self, policy: Policy) -> None:
        """See to the tables as `policy` has it; raises `StoreSchemaMismatch`, having changed nothing."""
        if policy is Policy.OFF or await self._fits():
            return
        if policy is Policy.CHECK:
            raise StoreNotMigrated(NOT_MIGRATED)
        # What only an earlier declaration asked for may be another release's, which still runs.
        async with self._migrating() as connection:
            await self._migrate(connection, drop=False)

    async def run(self, *, only_plan: bool) -> Sequence[str]:
        """The statements that make the database fit; run, unless `only_plan`.

        Indexes of tables that are there are made after all the rest, of which all or nothing is done.
        """
        if only_plan:
            # Who only plans takes no lock, and so delays no other.
            async with self._connected() as connection:
                plan = await self._plan(connection, drop=True)
            return [*plan.at_once, *plan.afterwards]
        async with self._migrating() as connection:
            return await self._migrate(connection, drop=True)

    async def _migrate(self, connection: Connection, *, drop: bool) -> Sequence[str]:
        await connection.execute(_BEGIN)
        plan = await self._plan(connection, drop=drop)
        for statement in plan.at_once:
            await connection.execute(statement)
        await connection.execute("COMMIT")
        for statement in plan.afterwards:
            try:
                await connection.execute(statement)
            except asyncpg.UniqueViolationError:
                await self._give_up(connection)
                raise
        return [*plan.at_once, *plan.afterwards]

    async def _give_up(self, connection: Connection) -> None:
        """Leave nothing of an index whose key was broken while it was made; raises which records did."""
        catalog = await read_catalog(connection, self._schema.names)
        for statement in self._schema.unfinished(catalog):
            await connection.execute(statement)
        refusals = await self._refusals(connection, self._schema.renamed(catalog))
        if refusals:
            raise StoreSchemaMismatch("\n".join(refusals))

    @asynccontextmanager
    async def _migrating(self) -> AsyncIterator[Connection]:
        async with self._translated(), migration_turn(self._connector), self._connected() as connection:
            yield connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Connection]:
        connection = await self._connector.connect(plain=True, unlimited=True)
        try:
            async with self._translated():
                yield connection
        finally:
            connection.terminate()

    @asynccontextmanager
    async def _translated(self) -> AsyncIterator[None]:
        try:
            yield
        except DRIVER_ERRORS as error:
            failed = translate(error)
            raise type(failed)(f"The database could not be migrated: {error}") from error

    async def _fits(self) -> bool:
        connection = await self._connector.connect(plain=True)
        try:
            catalog = await read_catalog(connection, self._schema.names)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            connection.terminate()
        self._schema.check_origin(catalog)
        schema = self._schema
        lacking = [*schema.missing(catalog), *schema.missing_indexes(catalog), *schema.unchecked(catalog)]
        return schema.fits(catalog) and not lacking

    async def _plan(self, connection: Connection, *, drop: bool) -> _Plan:
        catalog = await read_catalog(connection, self._schema.names)
        self._schema.check_origin(catalog)
        changes = UNCHANGED if self._schema.fits(catalog) else await self._changes(catalog)
        # What follows upon the changes is planned for present names; the changes rename columns first.
        renamed = self._schema.renamed(catalog)
        refusals = [*changes.refusals, *await self._refusals(connection, renamed)]
        if refusals:
            raise StoreSchemaMismatch("\n".join(refusals))
        catalog = renamed.catalog
        undeclared = self._schema.undeclared(catalog) if drop else []
        return _Plan(
            [*changes.statements, *renamed.statements, *self._schema.missing(catalog)],
            [*self._schema.missing_indexes(catalog), *self._schema.unchecked(catalog), *undeclared],
        )

    async def _refusals(self, connection: Connection, found: Renamed) -> list[str]:
        """Why unique keys and references cannot be kept that are not yet."""
        searches: list[Search | OrphanSearch] = list(self._schema.searches(found))
        searches += self._schema.orphan_searches(found)
        asked = [(search, await connection.fetch(search.statement)) for search in searches]
        return [search.refusal(rows) for search, rows in asked if rows]

    async def _changes(self, catalog: Catalog) -> Plan:
        """What is to be changed; Alembic asks over its own connection, which SQLAlchemy drives."""
        try:
            from sqlalchemy.ext.asyncio import create_async_engine

            from estuary.stores.postgres.migrator import PostgresMigrator
            from estuary.stores.sql.migrations.planner import plan
        except ModuleNotFoundError as error:
            raise StoreSchemaMismatch(NO_ALEMBIC) from error

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self._connector.connect(plain=True, unlimited=True),
            # Behind a pooler others may have prepared statements under the usual names.
            connect_args={"prepared_statement_name_func": lambda: f"__estuary_{uuid4()}__"},
        )
        tables = [table for name, table in self._schema.tables.items() if name in catalog.columns]
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(plan, tables, PostgresMigrator())
        finally:
            await engine.dispose()
