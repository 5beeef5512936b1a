"""Records in the file that stand in the way of a unique key which is still to be kept."""

import sqlite3
from collections.abc import Iterable, Iterator

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.stores.sql.duplicates import searches
from estuary.stores.sql.renames import renames_of


def duplicates(connection: sqlite3.Connection, tables: Iterable[Table], dialect: Dialect) -> Iterator[str]:
    """Why unique keys of `tables` cannot be kept that are not yet; of a large table it takes a while."""
    for table in tables:
        found = _names(connection, "SELECT name FROM pragma_table_info(?)", table.name)
        renames = renames_of(table, found)
        indexes = _names(connection, "SELECT name FROM pragma_index_list(?)", table.name)
        for search in searches(table, found | renames.keys(), indexes, dialect, renames) if found else ():
            rows = connection.execute(search.statement).fetchall()
            if rows:
                yield search.refusal(rows)


def _names(connection: sqlite3.Connection, query: str, table: str) -> set[str]:
    return {name for (name,) in connection.execute(query, (table,))}
