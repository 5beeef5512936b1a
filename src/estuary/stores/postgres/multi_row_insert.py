"""Rows that go to the server together: the one statement that inserts any number of them."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import TypeEngine

from estuary.stores.postgres.statements import DIALECT
from estuary.stores.sql.statements import compiled

Row = Sequence[Any]
"""The parameters of `Statements.insert`: the columns of a row in their order."""


class MultiRowInsert:
    """Inserts into `table`: of one row as `alone`, of more with an array for each column.

    Rows in VALUES would need a statement for each number of them. Where records have unique keys it `skips`
    rows, of several, that are in another's way, and gives the ids of those that it inserted.
    """

    def __init__(self, table: Table, alone: str, *, skips: bool = False) -> None:
        columns = table.columns
        names = columns.keys()
        # unnest takes arrays within arrays apart, too: lists travel as texts.
        lists = [column.name for column in columns if _is_array(column.type)]
        types = (Text() if name in lists else columns[name].type for name in names)
        arrays = (cast(bindparam(name), ARRAY(kind)) for name, kind in zip(names, types, strict=True))
        rows = func.unnest(*arrays).table_valued(*names).render_derived().columns
        values = (cast(rows[name], columns[name].type) if name in lists else rows[name] for name in names)
        self.skips = skips
        self._alone = alone
        every = insert(table).from_select(names, select(*values))
        together = every.on_conflict_do_nothing().returning(table.c.id) if skips else every
        self._together = compiled(together, DIALECT).text
        self._lists = [names.index(name) for name in lists]

    def characters(self, row: Row) -> int:
        """How many there are in the texts of `row`: what can be large in it."""
        # A list, not a generator, which costs twice as much.
        number = sum([len(value) for value in row if type(value) is str])
        for place in self._lists:
            number += sum([len(entry) if type(entry) is str else 1 for entry in row[place] or ()])
        return number

    def statement(self, rows: Sequence[Row]) -> tuple[str, Row]:
        """The statement that inserts `rows`, of which there is one at least, and its parameters."""
        if len(rows) == 1:
            return self._alone, rows[0]
        columns: list[Row] = list(zip(*rows, strict=True))
        for place in self._lists:
            columns[place] = [None if entries is None else _array(entries) for entries in columns[place]]
        return self._together, columns


def _is_array(type_: TypeEngine[Any]) -> bool:
    return type_.compile(dialect=DIALECT).endswith("[]")


def _array(entries: Iterable[Any]) -> str:
    """An array as text: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO."""
    escaped = (str(entry).replace("\\", r"\\").replace('"', r"\"") for entry in entries)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"
