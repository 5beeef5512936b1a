"""The PostgreSQL store: resources worked out into tables and statements once, then served by one pool."""

from collections.abc import AsyncIterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import NamedTuple

from estuary.core.errors import StoreUnavailable
from estuary.core.observations import Observation
from estuary.core.ports import Observer
from estuary.core.record import Record, Written
from estuary.core.resource import Resource
from estuary.core.sources import Survey
from estuary.core.writes.writes import Delete, IdempotencyKey, Insert, Update, Write
from estuary.stores.postgres.api_keys import PostgresApiKeys
from estuary.stores.postgres.collection import PostgresCollection
from estuary.stores.postgres.connector import SERVER_SHARE, Connector
from estuary.stores.postgres.declared_tables import declared_tables
from estuary.stores.postgres.errors import CLOSED
from estuary.stores.postgres.idempotency_keys import RecordKeys
from estuary.stores.postgres.insert_batcher import InsertBatcher
from estuary.stores.postgres.loader import Loader
from estuary.stores.postgres.migration import Migration
from estuary.stores.postgres.pool import Pool
from estuary.stores.postgres.probe import Probe
from estuary.stores.postgres.snapshot import PostgresSnapshot, Snapshots
from estuary.stores.postgres.transact import Transact
from estuary.stores.postgres.unserved import UNSERVED, UnservedQueries
from estuary.stores.sql.migrations.policy import Policy


def _ignore(observation: Observation) -> None:
    """The observer of a store that is not observed."""


class _Open(NamedTuple):
    """The parts of an open store."""

    pool: Pool
    inserts: Mapping[str, InsertBatcher]
    probe: Probe
    unserved: UnservedQueries


class PostgresStore:
    """Records of `resources` in the database at `url`, over `pool_size` connections at most.

    A write that returned is as durable as the server makes it. `timeout` (seconds) bounds every call.
    `query_budget` bounds list queries that no index serves. `policy` is for tables that do not fit.
    `observe` is called with the number of open connections.
    """

    def __init__(
        self,
        url: str,
        resources: Sequence[Resource],
        *,
        pool_size: int = 8,
        timeout: float = 5.0,
        policy: Policy = Policy.AUTO,
        observe: Observer = _ignore,
        query_budget: float = 1.0,
    ) -> None:
        self._pool_size = pool_size
        self._timeout = timeout
        self._observe = observe
        self._query_budget = query_budget
        self._connector = Connector(url, timeout=timeout)
        self._policy = policy
        declared = declared_tables(tuple(resources))
        self._resources, self._declared_inserts = declared.resources, declared.inserts
        self._migration = Migration(declared.schema, self._connector)
        self._open: _Open | None = None
        self._collections = {
            name: PostgresCollection(
                self._pool,
                partial(self._inserts, name),
                self._unserved,
                each,
                RecordKeys(declared.key_statements, each.keys, declared.inserts[name].keyed),
                declared.inserts[name].chosen_ids,
                declared.inserts[name].conflicts,
                self._preceded,
                self._resources,
            )
            for name, each in self._resources.items()
        }
        whole_inserts = {name: each.whole for name, each in declared.inserts.items()}
        self._transact = Transact(
            self._resources, self._collections, whole_inserts, declared.key_statements
        )
        self._api_keys = PostgresApiKeys(self._pool, declared.api_key_statements)
        self._loader = Loader(self._connector, self._resources, declared.foreign_keys, timeout=timeout)
        self._snapshots = Snapshots(self._connector, declared.schema, self._resources, policy)

    async def open(self) -> None:
        """See to the tables.

        Raises `StoreUnavailable` or `StoreSchemaMismatch`, and has then changed nothing.
        """
        if self._open is not None:
            return
        await self._connector.look()
        await self._migration.prepare(self._policy)
        pool = Pool(self._connector, size=self._pool_size, timeout=self._timeout, observe=self._observe)
        # Inserts of one resource leave half of the pool to others, who find a connection at once.
        share = max(1, self._pool_size // 2)
        inserts = {
            name: InsertBatcher(
                pool, each.skipping, each.conflicts, statements=share, timeout=self._timeout
            )
            for name, each in self._declared_inserts.items()
        }
        budget = min(self._query_budget, self._timeout * SERVER_SHARE)
        most = max(1, min(UNSERVED, self._pool_size - 1))
        unserved = UnservedQueries(pool, most=most, budget=budget, timeout=self._timeout)
        self._open = _Open(pool, inserts, Probe(self._connector, timeout=self._timeout), unserved)

    async def close(self) -> None:
        """Finish accepted calls and let every connection go; a second call does nothing."""
        parts, self._open = self._open, None
        if parts is not None:
            await parts.pool.close()
            await parts.probe.close()

    async def ping(self) -> None:
        """Return if the server answers and takes writes; writes nothing."""
        await self._parts().probe.ask()

    def collection(self, resource: Resource) -> PostgresCollection:
        """The collection of `resource`, one of those given."""
        return self._collections[resource.name]

    def api_keys(self) -> PostgresApiKeys:
        """The API keys, in a table of their own."""
        return self._api_keys

    async def transact(
        self, writes: Sequence[Write], *, key: IdempotencyKey | None = None, dry_run: bool = False
    ) -> Sequence[Written]:
        """Make all of `writes` in one transaction, or none; raises `WriteRefused`."""
        return await self._transact.run(self._pool(), writes, key, dry_run=dry_run)

    async def _preceded(self, write: Insert | Update | Delete, keys: RecordKeys) -> Written:
        return await self._transact.preceded(self._pool(), write, keys)

    async def load(
        self, batches: AsyncIterable[tuple[Resource, Sequence[Record]]], *, replace: bool
    ) -> int:
        """Keep whole records, all of them or none; raises `StoreNotEmpty`, and what `batches` raises."""
        self._parts()
        return await self._loader.load(batches, replace=replace)

    async def survey(self) -> Survey:
        """The content of the database; see `Source`."""
        return await self._snapshots.survey()

    def snapshot(self) -> AbstractAsyncContextManager[PostgresSnapshot]:
        """The database as of one moment, in one transaction; see `Source`."""
        return self._snapshots.take()

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """Make the tables fit; see `Migratable`."""
        await self._connector.look()
        return await self._migration.run(only_plan=only_plan)

    def _pool(self) -> Pool:
        return self._parts().pool

    def _unserved(self) -> UnservedQueries:
        return self._parts().unserved

    def _inserts(self, resource: str) -> InsertBatcher:
        return self._parts().inserts[resource]

    def _parts(self) -> _Open:
        if self._open is None:
            raise StoreUnavailable(CLOSED)
        return self._open
