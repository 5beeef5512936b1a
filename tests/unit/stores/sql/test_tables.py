"""Tables hold the declared fields under the declared rules."""

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.schema import CreateTable

from estuary.stores.sql.list_statements import select_totals
from estuary.stores.sql.rows import Rows
from estuary.stores.sql.statements import compile_statements
from estuary.stores.sql.tables import resource_table, totals_table
from tests.unit.stores.kinds import PARTS, part, record

_DIALECT = SQLiteDialect(paramstyle="qmark")
_METADATA = MetaData()
_TABLE = resource_table(PARTS, _METADATA)
_STATEMENTS = compile_statements(_TABLE, select_totals(_TABLE, totals_table(_METADATA)), _DIALECT)
_ROWS = Rows(PARTS, _TABLE, _STATEMENTS, _DIALECT)


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty table of parts."""
    connection = sqlite3.connect(":memory:")
    connection.execute(str(CreateTable(_TABLE).compile(dialect=_DIALECT)))
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"order": "abcde"},
        {"order": "\U0001f30a" * 5},
        {"count": 0},
        {"select": 99.9},
        {"group": "c"},
        {"values": ["one"]},
        {"tags": []},
        {"note": ""},
    ],
    ids=str,
)
def test_what_the_rules_allow_is_kept(connection: sqlite3.Connection, changes: dict[str, Any]) -> None:
    """The table refuses nothing that the declaration allows, up to its very limits."""
    connection.execute(_STATEMENTS.insert.text, _ROWS.insert(record(part(**changes))))


@pytest.mark.parametrize(
    "changes",
    [
        {"order": ""},
        {"order": "abcdef"},
        {"order": None},
        {"count": -1},
        {"count": 11},
        {"count": 1.5},
        {"select": 0.0},
        {"select": 100.0},
        {"select": float("nan")},
        {"where": 2},
        {"checked": 2},
        {"group": "d"},
        {"values": []},
        {"values": ["1", "2", "3", "4"]},
        {"note": "123456789"},
    ],
    ids=str,
)
def test_what_the_rules_forbid_is_refused(connection: sqlite3.Connection, changes: dict[str, Any]) -> None:
    """The table's constraints hold the declared rules for every writer."""
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(_STATEMENTS.insert.text, _ROWS.insert(record(part(**changes))))


@pytest.mark.parametrize("text", ["no json", '{"a": 1}', '"text"'])
def test_a_list_is_a_json_array(connection: sqlite3.Connection, text: str) -> None:
    """A column of texts holds nothing but an array."""
    connection.execute(_STATEMENTS.insert.text, _ROWS.insert(record(part())))

    with pytest.raises(sqlite3.IntegrityError):
        connection.execute('UPDATE "index" SET tags = ?', (text,))


def test_the_same_module_declares_postgresql_tables() -> None:
    """On an engine that has booleans and 64-bit integers, the columns are of those types."""
    ddl = str(CreateTable(_TABLE).compile(dialect=asyncpg_dialect()))

    assert '"where" BOOLEAN NOT NULL' in ddl
    assert "created_at BIGINT NOT NULL" in ddl
    assert "json_valid" not in ddl
