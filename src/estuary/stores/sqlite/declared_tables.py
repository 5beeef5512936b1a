"""What follows from the resources alone: tables, statements and DDL, worked out once in a process."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from sqlalchemy import MetaData, Table
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import Resource
from estuary.stores.sql.api_keys import ApiKeyStatements, api_keys_table, compile_api_key_statements
from estuary.stores.sql.idempotency_keys import KeyStatements, compile_key_statements
from estuary.stores.sql.list_statements import ListStatements, select_list, select_totals
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import compile_statements
from estuary.stores.sql.tables import deleted_table, keys_table, resource_table, totals_table
from estuary.stores.sqlite.chosen_ids import ChosenIds
from estuary.stores.sqlite.language import SqliteLanguage
from estuary.stores.sqlite.packed_rows import PackedRows, packed_columns, packed_get, selection
from estuary.stores.sqlite.schema import Schema

_KEPT = 8
"""How many sets of resources are kept: a service has one, the tests of a project a few."""


class DeclaredTables(NamedTuple):
    """Of resources, by their names, and of Estuary's own tables; nothing of it knows a file."""

    resources: Mapping[str, SqlResource]
    chosen_ids: Mapping[str, ChosenIds]
    foreign_keys: Sequence[ForeignKey]
    schema: Schema
    key_statements: KeyStatements
    api_key_statements: ApiKeyStatements


@lru_cache(maxsize=_KEPT)
def declared_tables(resources: tuple[Resource, ...]) -> DeclaredTables:
    """The tables of `resources`.

    They are kept: statements take some 20 ms a resource to compile, and of a project's tests each makes a
    service of the same resources.
    """
    dialect = SQLiteDialect(paramstyle="qmark")
    metadata = MetaData()
    totals, keys, deleted = totals_table(metadata), keys_table(metadata), deleted_table(metadata)
    api_keys = api_keys_table(metadata)
    declared = {one.name: _in_sqlite(one, metadata, totals, dialect) for one in resources}
    tables = [each.table for each in declared.values()]
    foreign_keys = [key for one in resources for key in one.foreign_keys]
    return DeclaredTables(
        declared,
        {name: ChosenIds(each, deleted, dialect) for name, each in declared.items()},
        foreign_keys,
        Schema(tables, [totals, keys, deleted, api_keys], dialect, foreign_keys),
        compile_key_statements(keys, dialect),
        compile_api_key_statements(api_keys, dialect),
    )


def _in_sqlite(resource: Resource, metadata: MetaData, totals: Table, dialect: Dialect) -> SqlResource:
    table = resource_table(resource, metadata)
    statements = compile_statements(table, select_totals(table, totals), dialect)
    statements = statements._replace(get=packed_get(table, dialect))
    packed = [table.c.id, *packed_columns(table)]
    lists = ListStatements(partial(select_list, table, columns=packed), dialect)
    return SqlResource(
        resource, table, statements, lists, dialect, SqliteLanguage(), PackedRows, selection(table)
    )
