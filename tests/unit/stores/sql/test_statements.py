"""The statements are what an engine understands, in more languages than one."""

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.items import ITEMS
from estuary.stores.sql.idempotency_keys import compile_key_statements
from estuary.stores.sql.list_statements import select_totals
from estuary.stores.sql.statements import Statements, compile_statements
from estuary.stores.sql.tables import keys_table, resource_table, totals_table


def statements_for(dialect: Dialect) -> Statements:
    """The statements of the items."""
    metadata = MetaData()
    table = resource_table(ITEMS, metadata)
    return compile_statements(table, select_totals(table, totals_table(metadata)), dialect)


def test_every_parameter_has_a_place() -> None:
    """As many places as names, in every statement: none is left to a compiler at run time."""
    for name, statement in statements_for(SQLiteDialect(paramstyle="qmark"))._asdict().items():
        assert (name, statement.text.count("?")) == (name, len(statement.parameters))


@pytest.mark.parametrize("dialect", [SQLiteDialect(paramstyle="qmark"), asyncpg_dialect()], ids=["?", "$"])
def test_keys_are_kept_in_more_languages_than_one(dialect: Dialect) -> None:
    """Every parameter has its place, in the order of `KeyRows`."""
    statements = compile_key_statements(keys_table(MetaData()), dialect)

    place = ("_resource", "_subject", "_owner", "_key")
    assert place == statements.find.parameters == statements.forget.parameters
    assert ("_expired", "_most") == statements.expire.parameters
    assert (
        "resource",
        "subject",
        "owner",
        "key",
        "fingerprint",
        "snapshot",
        "used_at",
    ) == statements.keep.parameters


def test_the_same_module_speaks_postgresql() -> None:
    """Nothing in the statements is SQLite's alone."""
    statements = statements_for(asyncpg_dialect())

    assert "$1" in statements.get.text
    assert "RETURNING" in statements.update.text
    assert set(statements_for(SQLiteDialect(paramstyle="qmark")).update.parameters) == set(
        statements.update.parameters
    )
