"""Records in the file that stand in the way of a reference which is still to be kept."""

import sqlite3
from collections.abc import Iterator, Sequence

from estuary.core.references.foreign_keys import ForeignKey
from estuary.stores.sql.orphans import OrphanSearch
from estuary.stores.sqlite.references import ReferenceTriggers


def orphans(connection: sqlite3.Connection, keys: Sequence[ForeignKey]) -> Iterator[str]:
    """Why `keys` cannot be kept that are not yet; of a large table it takes a while."""
    for key in keys:
        columns = _found(connection, "SELECT name FROM pragma_table_info(?)", key.resource)
        if key.field not in columns or _is_kept(connection, key):
            continue
        is_new = not _found(connection, "SELECT name FROM pragma_table_info(?)", key.target)
        search = OrphanSearch(key, target_is_new=is_new)
        rows = connection.execute(search.statement).fetchall()
        if rows:
            yield search.refusal(rows)


def _is_kept(connection: sqlite3.Connection, key: ForeignKey) -> bool:
    # One that was declared otherwise before has the same name.
    query = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    return ReferenceTriggers([key]).ddl.items() <= dict(connection.execute(query)).items()


def _found(connection: sqlite3.Connection, query: str, table: str) -> set[str]:
    return {name for (name,) in connection.execute(query, (table,))}
