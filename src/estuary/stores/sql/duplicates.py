"""Records that stand in the way of a unique key which is still to be kept."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.queries.uniques import UniqueKey
from estuary.stores.sql.defaults import default_in_sql
from estuary.stores.sql.indexes import OWNER, unique_keys_in
from estuary.stores.sql.renames import NONE, Renames, source

_MOST_REPORTED = 3
"""How many ids of such records are reported."""


class Search(NamedTuple):
    """Looks for the records of one table that share values of `key`.

    `statement` gives a row for some of them: the number of all, and an id.
    """

    table: str
    key: UniqueKey
    statement: str

    def refusal(self, rows: Sequence[Sequence[Any]]) -> str:
        """Why the key cannot be kept; `rows`, at least one, are what the statement gave."""
        number, ids = rows[0][0], ", ".join(str(row[1]) for row in rows)
        fields = ", ".join(self.key.fields)
        subject = f"field {fields} is" if len(self.key.fields) == 1 else f"fields {fields} are"
        more = ", …" if number > len(rows) else ""
        return (
            f"Table {self.table}: {subject} declared Unique, and {number} records have values that another "
            f"one has, too ({ids}{more}); change or remove them first"
        )


def searches(
    table: Table,
    columns: Collection[str],
    indexes: Collection[str],
    dialect: Dialect,
    renames: Renames = NONE,
) -> Iterator[Search]:
    """What looks for duplicates before the unique keys of `table` are kept whose indexes are not there.

    The table that is there has these `columns` and `indexes`, under their present names. A column that is
    to come holds its default.
    """
    for name, key in unique_keys_in(table):
        if name not in indexes:
            yield Search(table.name, key, _statement(table, key, columns, dialect, renames))


def _statement(
    table: Table, key: UniqueKey, columns: Collection[str], dialect: Dialect, renames: Renames
) -> str:
    values = [_value(table, field, columns, dialect) for field in key.fields]
    given = " AND ".join(f"{value} IS NOT NULL" for value in values)
    compared = [
        f"lower({value})" if field in key.folds else value
        for field, value in zip(key.fields, values, strict=True)
    ]
    owner = [] if key.of_all else [_value(table, OWNER, columns, dialect)]
    return (
        "SELECT count(*) OVER (), id FROM ("  # noqa: S608 (checked names, and declared defaults)
        f"SELECT id, count(*) OVER (PARTITION BY {', '.join([*compared, *owner])}) AS alike "
        f"FROM {source(table.name, renames)} AS found WHERE {given}) AS counted "
        f"WHERE alike > 1 ORDER BY id LIMIT {_MOST_REPORTED}"
    )


def _value(table: Table, column: str, columns: Collection[str], dialect: Dialect) -> str:
    if column in columns:
        return f'"{column}"'
    return default_in_sql(table.c[column], dialect) or "NULL"
