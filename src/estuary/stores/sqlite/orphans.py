"""Records in the file that stand in the way of a reference which is still to be kept."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import Table

from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.sql.orphans import OrphanSearch
from estuary.stores.sql.renames import renames_of
from estuary.stores.sqlite.references import ReferenceTriggers


def orphans(
    connection: sqlite3.Connection, tables: Iterable[Table], keys: Sequence[ForeignKey]
) -> Iterator[str]:
    """Why `keys` between `tables` cannot be kept that are not yet; of a large table it takes a while."""
    by_name = {table.name: table for table in tables}
    for key in keys:
        columns = _found(connection, "SELECT name FROM pragma_table_info(?)", key.resource)
        renames = renames_of(by_name[key.resource], columns)
        if key.field not in columns | renames.keys() or _is_kept(connection, key):
            continue
        is_new = not _found(connection, "SELECT name FROM pragma_table_info(?)", key.target)
        search = OrphanSearch(key, is_new, renames)
        rows = connection.execute(search.statement).fetchall()
        if rows:
            yield search.refusal(rows)


def _is_kept(connection: sqlite3.Connection, key: ForeignKey) -> bool:
    # One that was declared otherwise before has the same name.
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    return ReferenceTriggers([key]).ddl.items() <= dict(connection.execute(query)).items()


def _found(connection: sqlite3.Connection, query: str, table: str) -> set[str]:
    return {name for (name,) in connection.execute(query, (table,))}
