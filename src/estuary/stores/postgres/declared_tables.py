"""What follows from the resources alone: tables, statements and DDL, worked out once in a process."""

from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from sqlalchemy import MetaData, Table

from estuary.core.references.foreign_keys import ForeignKey
from estuary.core.resource import Resource
from estuary.stores.postgres.chosen_ids import ChosenIds
from estuary.stores.postgres.conflicts import Conflicts
from estuary.stores.postgres.keyed_insert import KeyedInsert
from estuary.stores.postgres.language import PostgresLanguage
from estuary.stores.postgres.multi_row_insert import MultiRowInsert
from estuary.stores.postgres.schema import Schema
from estuary.stores.postgres.statements import DIALECT, select_counted_list, select_totals
from estuary.stores.postgres.tables import postgres_totals_table
from estuary.stores.sql.api_keys import ApiKeyStatements, api_keys_table, compile_api_key_statements
from estuary.stores.sql.idempotency_keys import KeyStatements, compile_key_statements
from estuary.stores.sql.list_statements import ListStatements
from estuary.stores.sql.sql_resource import SqlResource
from estuary.stores.sql.statements import compile_statements
from estuary.stores.sql.tables import deleted_table, keys_table, resource_table

_KEPT = 8
"""How many sets of resources are kept: a service has one, the tests of a project a few."""


class DeclaredInserts(NamedTuple):
    """How new records of one resource are kept, and what refuses them.

    Of several that come together `skipping` leaves out those whose unique keys are taken; of the writes of
    a transaction none may be left out, so `whole` refuses all.
    """

    skipping: MultiRowInsert
    whole: MultiRowInsert
    keyed: KeyedInsert
    chosen_ids: ChosenIds
    conflicts: Conflicts


class DeclaredTables(NamedTuple):
    """Of resources, by their names, and of Estuary's own tables; nothing of it knows a server."""

    resources: Mapping[str, SqlResource]
    inserts: Mapping[str, DeclaredInserts]
    foreign_keys: Sequence[ForeignKey]
    schema: Schema
    key_statements: KeyStatements
    api_key_statements: ApiKeyStatements


@lru_cache(maxsize=_KEPT)
def declared_tables(resources: tuple[Resource, ...]) -> DeclaredTables:
    """The tables of `resources`.

    They are kept: statements take some 50 ms a resource to compile, and of a project's tests each makes a
    service of the same resources.
    """
    metadata = MetaData()
    totals, keys = postgres_totals_table(metadata), keys_table(metadata)
    deleted, api_keys = deleted_table(metadata), api_keys_table(metadata)
    declared = {one.name: _in_postgres(one, metadata, totals) for one in resources}
    foreign_keys = [key for one in resources for key in one.foreign_keys]
    tables = [each.table for each in declared.values()]
    return DeclaredTables(
        declared,
        {one.name: _inserts(one, declared[one.name], keys, deleted) for one in resources},
        foreign_keys,
        Schema(tables, (totals, keys, deleted, api_keys), foreign_keys),
        compile_key_statements(keys, DIALECT),
        compile_api_key_statements(api_keys, DIALECT),
    )


def _in_postgres(resource: Resource, metadata: MetaData, totals_table: Table) -> SqlResource:
    table = resource_table(resource, metadata)
    totals = select_totals(table, totals_table)
    lists = ListStatements(partial(select_counted_list, table, totals), DIALECT)
    statements = compile_statements(table, totals, DIALECT)
    return SqlResource(resource, table, statements, lists, DIALECT, PostgresLanguage())


def _inserts(resource: Resource, kept: SqlResource, keys: Table, deleted: Table) -> DeclaredInserts:
    table, alone = kept.table, kept.statements.insert.text
    return DeclaredInserts(
        skipping=MultiRowInsert(table, alone, skips=bool(resource.unique_keys)),
        whole=MultiRowInsert(table, alone),
        keyed=KeyedInsert(table, keys),
        chosen_ids=ChosenIds(table, deleted),
        conflicts=Conflicts(table, resource.unique_keys, resource.foreign_keys),
    )
