"""Declarations change as chance has it: records read as a model says afterwards, or nothing is changed."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Annotated, Any, Protocol

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from msgspec import Meta, Struct
from msgspec.structs import asdict

from estuary import Resource
from estuary.core.errors import ReferenceMissing, StoreSchemaMismatch, UniqueConflict
from estuary.core.record import Record
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.migrations.policy import Policy
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import TIMEOUT, dice, make_id
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.migration_draws import a_declaration, a_value, another
from tests.support.migration_model import MAKERS, OWNERS, Declaration, Table
from tests.support.servers import shared

TableStore = SqliteStore | PostgresStore
_LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
_MIGRATIONS = 20
"""Of one database, one after the other."""
_DATABASES = {"sqlite": 60, "postgres": 40} if _LONG else {"sqlite": 5, "postgres": 1}


class Maker(Struct, frozen=True):
    """What parts can refer to."""

    name: Annotated[str, Meta(max_length=20)] = "a maker"


MAKER = Resource("makers", Maker)


class Database(Protocol):
    """A database that stores are made on, and that is looked at without them."""

    def store(self, declared: Resource, *, fresh: bool = False) -> TableStore:
        """A store of parts and makers; or one on another database, where there is nothing yet."""
        ...

    async def content(self) -> Sequence[Any]:
        """All definitions and all rows."""
        ...

    async def objects(self, *, fresh: bool = False) -> Sequence[Any]:
        """The definitions of what depends on declared columns."""
        ...


class SqliteFile:
    """A file in a folder, and another one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def store(self, declared: Resource, *, fresh: bool = False) -> TableStore:
        """On the file."""
        path = self._path(fresh=fresh)
        return SqliteStore(path, [declared, MAKER], timeout=TIMEOUT, policy=Policy.CHECK)

    async def content(self) -> Sequence[Any]:
        """Of the tables of records."""
        return [self._asked(query) for query in ("SELECT * FROM sqlite_schema", *_ROWS)]

    async def objects(self, *, fresh: bool = False) -> Sequence[Any]:
        """Indexes and triggers."""
        query = "SELECT name, sql FROM sqlite_schema WHERE type IN ('index', 'trigger') ORDER BY name"
        return self._asked(query, fresh=fresh)

    def _asked(self, query: str, *, fresh: bool = False) -> Sequence[Any]:
        with closing(sqlite3.connect(self._path(fresh=fresh))) as connection:
            return connection.execute(query).fetchall()

    def _path(self, *, fresh: bool) -> Path:
        return self._folder / ("fresh.db" if fresh else "estuary.db")


class PostgresSchema:
    """A schema of the server's, and another one."""

    def __init__(self) -> None:
        self._url = shared.postgres().url

    async def empty(self) -> None:
        """Make new schemas."""
        for name in _SCHEMAS:
            await self._asked(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            await self._asked(f"CREATE SCHEMA {name}")

    def store(self, declared: Resource, *, fresh: bool = False) -> TableStore:
        """On the schema."""
        url = f"{self._url}?search_path={_SCHEMAS[fresh]}"
        return PostgresStore(url, [declared, MAKER], timeout=TIMEOUT, policy=Policy.CHECK, pool_size=1)

    async def content(self) -> Sequence[Any]:
        """Of the tables of records."""
        return await self._asked(_COLUMNS, *_OBJECTS, *_ROWS)

    async def objects(self, *, fresh: bool = False) -> Sequence[Any]:
        """Indexes, constraints and triggers."""
        return await self._asked(*_OBJECTS, fresh=fresh)

    async def _asked(self, *queries: str, fresh: bool = False) -> Sequence[Any]:
        connection = await asyncpg.connect(self._url, server_settings={"search_path": _SCHEMAS[fresh]})
        try:
            return [[tuple(row) for row in await connection.fetch(query)] for query in queries]
        finally:
            await connection.close()


_SCHEMAS = ("moving", "fresh")
_ROWS = ("SELECT * FROM parts ORDER BY id", "SELECT * FROM makers ORDER BY id")
_COLUMNS = (
    "SELECT attname, atttypid::regtype::text, atttypmod, attnotnull, pg_get_expr(adbin, adrelid) "
    "FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum "
    "WHERE attrelid = 'parts'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
)
_INDEXES = (
    "SELECT indexname, replace(indexdef, 'moving.', 'fresh.') FROM pg_indexes "
    "WHERE schemaname = current_schema() ORDER BY indexname"
)
_CONSTRAINTS = (
    "SELECT conname, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint') FROM pg_constraint "
    "WHERE conrelid = 'parts'::regclass AND contype IN ('p', 'u', 'f') ORDER BY conname"
)
_TRIGGERS = (
    "SELECT tgname FROM pg_trigger WHERE tgrelid = 'parts'::regclass AND NOT tgisinternal ORDER BY 1"
)
_OBJECTS = (_INDEXES, _CONSTRAINTS, _TRIGGERS)


class Chain:
    """One database through changes of its declaration, beside the model of it."""

    def __init__(self, database: Database, chance: Random) -> None:
        self._database = database
        self._chance = chance
        self._ids = 0
        self._declared = a_declaration(chance)
        self._resource = self._declared.resource()
        self._store = database.store(self._resource)
        table = Table().migrated(self._declared)
        assert table is not None
        self._table = table

    async def begin(self) -> None:
        """Make the first tables, with what can be referred to."""
        await self._store.migrate(only_plan=False)
        await self._store.open()
        makers: Collection = awaited(self._store.collection(MAKER))
        for maker in MAKERS:
            await makers.insert(Record(maker, 1, START, START, Maker()))
        await self._insert(4)

    async def change(self) -> bool:
        """Change the declaration; whether it could be. What there is afterwards is as the model has it."""
        declared, store, table = self._declared, self._store, self._table
        self._take(another(self._chance, declared))
        expected, before = table.migrated(self._declared), await self._database.content()
        try:
            await self._migrate_as_planned(before)
        except StoreSchemaMismatch as error:
            refusal = str(error)
        else:
            refusal = ""
        about = f"{refusal}\n{declared}\n{self._declared}"
        if refusal:
            assert expected is None or expected.may_refuse(self._declared), about
            assert before == await self._database.content(), about
            self._declared, self._store = declared, store
            return False
        assert expected is not None, f"not refused: {about}"
        self._table = expected
        await store.close()
        assert [] == list(await self._store.migrate(only_plan=True)), about
        await self._store.open()
        await self._look(about)
        await self._insert(self._chance.randint(0, 2))
        return True

    async def end(self) -> None:
        """Nothing that is made of declared columns differs from that of a new database."""
        await self._store.close()
        resource = self._declared.resource()
        await self._database.store(resource, fresh=True).migrate(only_plan=False)
        assert await self._database.objects(fresh=True) == await self._database.objects()

    def _take(self, declared: Declaration) -> None:
        self._declared = declared
        self._resource = declared.resource()
        self._store = self._database.store(self._resource)

    async def _migrate_as_planned(self, before: Sequence[Any]) -> None:
        plan = await self._store.migrate(only_plan=True)
        assert before == await self._database.content()
        assert list(plan) == list(await self._store.migrate(only_plan=False))

    async def _look(self, about: str = "") -> None:
        """Every record reads as the model says."""
        parts: Collection = awaited(self._store.collection(self._resource))
        records = await parts.page(None, 1_000)
        assert len(records) == await parts.count()
        read = {one.id: (one.owner, asdict(one.value)) for one in records}
        assert self._table.read(self._declared) == read, about

    async def _insert(self, number: int) -> None:
        """Add records of chance, or have them refused; all read as they were written."""
        parts: Collection = awaited(self._store.collection(self._resource))
        for _ in range(number):
            self._ids += 1
            values = {each.name: a_value(self._chance, each) for each in self._declared.fields}
            value, owner = self._resource.value_type(**values), self._chance.choice(OWNERS)
            record = Record(make_id(self._ids), 1, START, START, value, owner)
            refusals = self._refusals(owner, values)
            if refusals:
                with pytest.raises(refusals):
                    await parts.insert(record)
                continue
            await parts.insert(record)
            if self._table.knows_defaults(self._declared):
                self._table.insert(record.id, owner, values)
            else:
                await parts.delete(record.id)
        await self._look()

    def _refusals(self, owner: str, values: dict[str, Any]) -> tuple[type[Exception], ...]:
        taken = self._table.is_taken(self._declared, owner, values)
        refers_to_none = self._table.refers_to_none(self._declared, values)
        return (UniqueConflict,) * taken + (ReferenceMissing,) * refers_to_none


@pytest.mark.parametrize(
    ("engine", "seed"),
    [
        pytest.param(engine, seed, id=f"{engine}-{seed}")
        for engine, databases in _DATABASES.items()
        for seed in range(databases)
    ],
)
async def test_records_outlive_any_change_of_their_declaration(
    tmp_path: Path, engine: str, seed: int
) -> None:
    """They read as the model says, or the change is refused, and rows and definitions are as they were."""
    database: Database = SqliteFile(tmp_path)
    if engine == "postgres":
        database = schemas = PostgresSchema()
        await schemas.empty()
    chain = Chain(database, dice(seed))
    await chain.begin()
    done = [await chain.change() for _ in range(_MIGRATIONS)]
    assert sum(done) > _MIGRATIONS // 4
    await chain.end()
