"""Packed rows: what was written comes back from them, whatever owner and times a record has."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import MetaData, select
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import CreateTable

from estuary.core.errors import NotFound
from estuary.core.items import ITEMS, Item
from estuary.core.record import Record
from estuary.stores.sql.list_statements import select_totals
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import compile_statements, compiled
from estuary.stores.sql.tables import resource_table, totals_table
from estuary.stores.sqlite.packed_rows import PackedRows, packed_columns, packed_get

_METADATA = MetaData()
_DIALECT = SQLiteDialect(paramstyle="qmark")
_TABLE = resource_table(ITEMS, _METADATA)
_STATEMENTS = compile_statements(_TABLE, select_totals(_TABLE, totals_table(_METADATA)), _DIALECT)
_ROWS = Rows(ITEMS, _TABLE, _STATEMENTS, _DIALECT)
_PACKED = PackedRows(_ROWS)
_BEGUN = datetime(2026, 1, 31, 9, 0, 0, 250_000, tzinfo=UTC)
_ID = "018f3f54-0000-7000-8000-000000000001"

RECORDS = [
    Record(_ID, 1, _BEGUN, _BEGUN, Item("never changed")),
    Record(_ID, 7, _BEGUN, _BEGUN + timedelta(microseconds=1), Item("changed", "seven times")),
    Record(_ID, 1, _BEGUN, _BEGUN, Item("owned"), "alice"),
    Record(_ID, 2, _BEGUN, _BEGUN + timedelta(days=1), Item("owned and changed"), " an owner with blanks "),
    Record(_ID, 1, _BEGUN, _BEGUN, Item("owned by a number"), "12"),
    Record(_ID, 1, datetime(1969, 7, 20, tzinfo=UTC), _BEGUN, Item("created before the epoch")),
]


def kept(record: Record) -> sqlite3.Connection:
    """A database that holds `record` alone."""
    connection = sqlite3.connect(":memory:")
    connection.execute(str(CreateTable(_TABLE).compile(dialect=_DIALECT)))
    connection.execute(_STATEMENTS.insert.text, _ROWS.insert(record))
    return connection


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.value.name)
def test_a_record_comes_back_whole(record: Record) -> None:
    """By its id and in a list: version, owner and both times are what they were."""
    connection = kept(record)
    row = connection.execute(packed_get(_TABLE, _DIALECT).text, (_ID,)).fetchone()
    assert record == _PACKED.found(row, _ID, None)
    assert record == _PACKED.found(row, _ID, record.owner)
    in_list = compiled(select(_TABLE.c.id, *packed_columns(_TABLE)), _DIALECT)
    (listed,) = connection.execute(in_list.text).fetchall()
    assert record == _PACKED.record(listed)
    assert (2 + len(ITEMS.fields), 3 + len(ITEMS.fields)) == (len(row), len(listed))


@pytest.mark.parametrize("owner", ["", "alice", "an", "bob"])
def test_another_owners_record_is_not_found(owner: str) -> None:
    """Nor is one that is missing."""
    connection = kept(Record(_ID, 3, _BEGUN, _BEGUN, Item("owned"), "alice and bob"))
    row = connection.execute(packed_get(_TABLE, _DIALECT).text, (_ID,)).fetchone()
    with pytest.raises(NotFound):
        _PACKED.found(row, _ID, owner)
    with pytest.raises(NotFound):
        _PACKED.found(None, _ID, None)
