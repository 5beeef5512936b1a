"""The differences that Alembic finds between tables and declared columns."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ARRAY, Column, Connection, MetaData, Table
from sqlalchemy.exc import SAWarning
from sqlalchemy.types import TypeEngine

from estuary.stores.sql.renames import Renames
from estuary.stores.sql.tables import copy_of

_OF_COLUMNS = ("add_column", "remove_column", "modify_nullable", "modify_type")


def differences(
    connection: Connection, tables: Sequence[Table], renames: Mapping[str, Renames]
) -> Iterator[tuple[Any, ...]]:
    """What Alembic's autogenerate finds of columns, under the names that they have in the tables.

    Indexes go by their names, and it knows no rules.
    """
    names = {table.name for table in tables}
    context = MigrationContext.configure(
        connection,
        opts={
            "compare_type": _differ,
            "compare_server_default": False,
            "include_name": lambda name, kind, _: kind != "table" or name in names,
        },
    )
    with warnings.catch_warnings():
        # It cannot read indexes of expressions, which are not asked for either.
        warnings.simplefilter("ignore", SAWarning)
        everything = compare_metadata(context, _columns_alone(tables, renames))
    for found in everything:
        # Changes of one column come as a list of them.
        for difference in found if isinstance(found, list) else [found]:
            if difference[0] in _OF_COLUMNS and difference[2] in names:
                yield difference


def _differ(
    context: MigrationContext,
    _inspected: Column[Any],
    _declared: Column[Any],
    found: TypeEngine[Any],
    declared: TypeEngine[Any],
) -> bool | None:
    """Whether types differ, None where Alembic is to decide: to it a list is what its entries are."""
    is_list = declared.compile(dialect=context.dialect).endswith("[]")
    return True if isinstance(found, ARRAY) != is_list else None


def _columns_alone(tables: Sequence[Table], renames: Mapping[str, Renames]) -> MetaData:
    """The same tables without indexes: what Alembic finds of those is not asked for."""
    metadata = MetaData()
    for table in tables:
        former = renames[table.name]
        columns = (copy_of(column, former.get(column.name, column.name)) for column in table.columns)
        Table(table.name, metadata, *columns)
    return metadata
