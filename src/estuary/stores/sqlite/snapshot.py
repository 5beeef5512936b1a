"""All that a file holds, declared or not: looked at where it lies, or read from a copy."""

import sqlite3
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from estuary.core.errors import StoreSchemaMismatch
from estuary.core.moments import from_microseconds
from estuary.core.queries.query import by_cursor
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.sources import Row, Survey
from estuary.stores.sql.indexes import OWNER
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.tables import COMMON, TOTALS
from estuary.stores.sqlite.online_backup import OnlineBackup
from estuary.stores.sqlite.schema import IDENTITY, Schema

_ALL = by_cursor(limit=-1)
"""To SQLite, every record (https://www.sqlite.org/lang_select.html#limitoffset)."""
NO_TABLES = "The database holds no table of Estuary's: is it the one that the service uses?"


def survey(connection: sqlite3.Connection, schema: Schema) -> Survey:
    """The content of the file; raises `StoreSchemaMismatch` where Estuary has made nothing in it."""
    schema.check_origin(connection)
    if schema.is_new(connection):
        raise StoreSchemaMismatch(NO_TABLES)
    declared = {table.name: set(table.columns.keys()) for table in schema.tables}
    found = dict(_tables(connection))
    return Survey(
        _store_id(connection),
        sum(_count(connection, name) for name in declared if name in found),
        {name: count for name in found if name not in declared and (count := _count(connection, name))},
        {
            name: beside
            for name, columns in found.items()
            if (beside := [column for column in columns if column not in declared.get(name, columns)])
        },
    )


class SqliteSnapshot:
    """Implements `Snapshot` with the `copy` of a file that holds `resources`, by their names."""

    def __init__(self, copy: OnlineBackup, survey: Survey, resources: Mapping[str, SqlResource]) -> None:
        self._copy = copy
        self.survey = survey
        self._resources = resources

    async def records(self, resource: Resource) -> AsyncGenerator[Sequence[Record], None]:
        """The records of a declared resource in their order, a batch at a time."""
        known = self._resources[resource.name]
        async with aclosing(self._copy.rows(*known.lists.of(_ALL))) as batches:
            async for batch in batches:
                yield [known.reader.record(row) for row in batch]

    async def rows(self, table: str) -> AsyncGenerator[Sequence[Row], None]:
        """The rows of any table of records, in the same order."""
        columns = await self._copy.run(lambda copy: _columns(copy, table))
        values = [column for column in columns if column not in (*COMMON, OWNER)]
        owner = OWNER if OWNER in columns else "''"
        chosen = ", ".join([*COMMON, owner, *(f'"{column}"' for column in values)])
        statement = f'SELECT {chosen} FROM "{table}" ORDER BY created_at, id'  # noqa: S608 (names in the file)
        async with aclosing(self._copy.rows(statement, ())) as batches:
            async for batch in batches:
                yield [_row(values, row) for row in batch]


def _row(names: Sequence[str], row: Sequence[Any]) -> Row:
    record_id, version, created_at, updated_at, owner, *values = row
    columns = dict(zip(names, values, strict=True))
    return Row(
        record_id, version, from_microseconds(created_at), from_microseconds(updated_at), columns, owner
    )


def _tables(connection: sqlite3.Connection) -> Iterator[tuple[str, list[str]]]:
    """The tables of records, each with its columns; names of Estuary's and SQLite's own are left out."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    for (name,) in names.fetchall():
        columns = _columns(connection, name)
        if not name.startswith(("_", "sqlite_")) and set(COMMON) <= set(columns):
            yield name, columns


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def _count(connection: sqlite3.Connection, table: str) -> int:
    """How many records there are: by the totals, which a table from before they were kept has not."""
    if not connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}")').fetchone()[0]:  # noqa: S608 (a name in the file)
        return 0
    if _columns(connection, TOTALS):
        query = f"SELECT sum(total) FROM {TOTALS} WHERE resource = ?"  # noqa: S608 (a constant name)
        (total,) = connection.execute(query, (table,)).fetchone()
        if total:
            return int(total)
    (total,) = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608 (as above)
    return int(total)


def _store_id(connection: sqlite3.Connection) -> str:
    if not _columns(connection, IDENTITY):
        return ""
    (store_id,) = connection.execute(f'SELECT store_id FROM "{IDENTITY}"').fetchone()  # noqa: S608 (a constant name)
    return str(store_id)
