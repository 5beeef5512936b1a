"""Rows with fewer columns: what is read of a record beside its fields, in two columns instead of four.

Python's sqlite3 releases the interpreter's lock for each column of a row, which takes 2,000 instructions.
Mostly a record has no owner and was never changed, and then a column holds a number as it is; else it holds
a text of both values. This module is compiled.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, literal_column, select
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.errors import NotFound
from estuary.core.record import Record
from estuary.stores.sql.rows import Row, RowReader, Rows
from estuary.stores.sql.statements import Statement, by_id, compiled

_VERSION: Final = "CASE owner WHEN '' THEN version ELSE version || ' ' || owner END"
_TIMES: Final = "CASE updated_at WHEN created_at THEN created_at ELSE created_at || ' ' || updated_at END"


def packed_columns(table: Table) -> Iterator[ColumnElement[Any]]:
    """The columns of a packed row but for the id: version with owner, the times, then the fields."""
    yield literal_column(_VERSION)
    yield literal_column(_TIMES)
    yield from _fields(table)


def selection(table: Table) -> str:
    """The columns of a packed row, the id first, as a statement selects them."""
    return ", ".join(['"id"', _VERSION, _TIMES, *(f'"{column.name}"' for column in _fields(table))])


def packed_get(table: Table, dialect: Dialect) -> Statement:
    """The statement that gives a record by its id, as a packed row without it."""
    return compiled(select(*packed_columns(table)).where(by_id(table)), dialect)


def _fields(table: Table) -> Iterator[ColumnElement[Any]]:
    own = {table.c.id, table.c.version, table.c.created_at, table.c.updated_at, table.c.owner}
    return (column for column in table.c if column not in own)


class PackedRows(RowReader):
    """Packed rows to records; `rows` knows the fields."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def record(self, row: Row) -> Record:
        """The record in `row`, which begins with the id."""
        return self._made(row[0], row[1], row[2], row[3:])

    def found(self, row: Row | None, record_id: str, owner: str | None) -> Record:
        """The record in `row`, a row of `packed_get`; see `RowReader`."""
        if row is None:
            raise NotFound(record_id)
        record = self._made(record_id, row[0], row[1], row[2:])
        if owner is not None and record.owner != owner:
            raise NotFound(record_id)
        return record

    def _made(self, record_id: str, version: int | str, times: int | str, values: Row) -> Record:
        owner = ""
        if isinstance(version, str):
            # An owner may hold blanks itself.
            number, _, owner = version.partition(" ")
            version = int(number)
        if isinstance(times, int):
            return self._rows.made(record_id, version, times, times, owner, values)
        created, _, updated = times.partition(" ")
        return self._rows.made(record_id, version, int(created), int(updated), owner, values)
