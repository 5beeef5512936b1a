"""The SQLite store: resources worked out into tables and statements once, then served by one database."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from estuary.core.observations import Observation
from estuary.core.ports import Observer
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.sources import Survey
from estuary.core.writes.write_snapshots import BATCH, TransactionSnapshots
from estuary.core.writes.writes import IdempotencyKey, Write
from estuary.stores.sql.idempotency_keys import KeyRows
from estuary.stores.sql.list_statements import COMMON_SHAPES
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sql.statements import Statements
from estuary.stores.sqlite.api_keys import SqliteApiKeys
from estuary.stores.sqlite.collection import SqliteCollection
from estuary.stores.sqlite.declared_tables import declared_tables
from estuary.stores.sqlite.dry_run import tried
from estuary.stores.sqlite.fairness import WriterFairness
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.idempotency_keys import Keys
from estuary.stores.sqlite.loader import Loader
from estuary.stores.sqlite.migration import Migration
from estuary.stores.sqlite.online_backup import OnlineBackup
from estuary.stores.sqlite.queries import Queries
from estuary.stores.sqlite.snapshot import SqliteSnapshot, survey
from estuary.stores.sqlite.sqlite_database import Database
from estuary.stores.sqlite.transact import transact
from estuary.stores.sqlite.writer import Operation

# The writer's own few statements, beside those of the resources.
_OTHER_STATEMENTS = 16
# A thousand take 15 MiB in each connection; those of list queries would be as many as there are forms.
_FEWEST_STATEMENTS, _MOST_STATEMENTS = 128, 256


def _ignore(observation: Observation) -> None:
    """The observer of a store that is not observed."""


class SqliteStore:
    """Records of `resources` in the file at `path`, which is created, with its folder, if it is missing.

    A write that returned survives a power cut. `timeout` (seconds) bounds every call, and `query_budget`
    list queries that no index serves. `observe` is called with the number of open connections; `fairness`
    knows other workers that write to the file.
    """

    def __init__(
        self,
        path: Path,
        resources: Sequence[Resource],
        *,
        timeout: float = 5.0,
        policy: Policy = Policy.AUTO,
        observe: Observer = _ignore,
        fairness: WriterFairness | None = None,
        query_budget: float = 1.0,
    ) -> None:
        declared = declared_tables(tuple(resources))
        self._resources = declared.resources
        own = _OTHER_STATEMENTS + (len(Statements._fields) + len(COMMON_SHAPES)) * len(resources)
        file = DatabaseFile(path, statements=min(max(own, _FEWEST_STATEMENTS), _MOST_STATEMENTS))
        self._schema = declared.schema
        self._migration = migration = Migration(file, declared.schema, policy)
        self._database = Database(file, migration, timeout=timeout, observe=observe, fairness=fairness)
        self._key_statements = declared.key_statements
        self._json = {name: each.json for name, each in self._resources.items()}
        self._collections = {
            name: SqliteCollection(
                self._database,
                each,
                Keys(declared.key_statements, each.keys),
                Queries(self._database, each, budget=query_budget),
                declared.chosen_ids[name],
                self._operation,
                self._resources,
            )
            for name, each in self._resources.items()
        }
        self._api_keys = SqliteApiKeys(self._database, declared.api_key_statements)
        self._loader = Loader(file, self._resources, declared.foreign_keys, timeout=timeout)
        self._copying = partial(OnlineBackup, file, timeout=timeout)

    async def open(self) -> None:
        """See to the tables.

        Raises `StoreUnavailable` or `StoreSchemaMismatch`, and has then changed nothing.
        """
        await self._database.open()

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """Make the tables fit; see `Migratable`."""
        return await self._database.migrate(only_plan=only_plan)

    async def close(self) -> None:
        """Finish accepted writes and let the file go; a second call does nothing."""
        await self._database.close()

    def ping(self) -> None:
        """Return if the database can be read and its files are still those opened; writes nothing."""
        self._database.ping()

    def collection(self, resource: Resource) -> SqliteCollection:
        """The collection of `resource`, one of those given."""
        return self._collections[resource.name]

    def api_keys(self) -> SqliteApiKeys:
        """The API keys, in a table of their own."""
        return self._api_keys

    def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Awaitable[Sequence[Written]]:
        """Make all of `writes` in one transaction, or none; raises `WriteRefused`."""
        together = transact(list(map(self._operation, writes)))
        if key is not None:
            rows = KeyRows(BATCH, TransactionSnapshots(writes, self._json))
            together = Keys(self._key_statements, rows).once(key, together)
        if dry_run:
            together = tried(together, lambda outcomes: [written.tried() for written in outcomes])
        return self._database.write(together)

    def _operation(self, write: Write) -> Operation[Written]:
        return self._collections[write.resource].operation(write)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records in one transaction; raises `StoreNotEmpty`, and what `batches` raises."""
        self._database.ping()
        return await self._loader.load(batches, replace=replace)

    async def survey(self) -> Survey:
        """The content of the file; see `Source`."""
        return await self._database.look(partial(survey, schema=self._schema))

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[SqliteSnapshot]:
        """The file as of one moment, from a copy that SQLite makes; see `Source`."""
        copy = self._copying()
        try:
            yield SqliteSnapshot(copy, await self._surveyed(copy), self._resources)
        finally:
            copy.close()

    async def _surveyed(self, copy: OnlineBackup) -> Survey:
        with self._database.named():
            await copy.take()
            found = await copy.run(partial(survey, schema=self._schema))
            await copy.run(self._migration.complete)
        return found
