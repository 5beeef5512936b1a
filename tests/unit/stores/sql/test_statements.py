"""The statements are what an engine understands, in more languages than one."""

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.items import ITEMS
from estuary.stores.sql.statements import Statements, compile_statements
from estuary.stores.sql.tables import resource_table, totals_table


def statements_for(dialect: Dialect) -> Statements:
    """The statements of the items."""
    metadata = MetaData()
    return compile_statements(resource_table(ITEMS, metadata), totals_table(metadata), dialect)


def test_every_parameter_has_a_place() -> None:
    """As many places as names, in every statement: none is left to a compiler at run time."""
    for name, statement in statements_for(SQLiteDialect(paramstyle="qmark"))._asdict().items():
        assert (name, statement.text.count("?")) == (name, len(statement.parameters))


def test_pages_take_position_and_limit() -> None:
    """A page's parameters are those that `position_parameters` gives."""
    statements = statements_for(SQLiteDialect(paramstyle="qmark"))

    assert ("created_at", "id", "limit") == statements.next_page.parameters
    assert ("limit",) == statements.first_page.parameters
    assert ("limit", "offset") == statements.slice.parameters


def test_the_same_module_speaks_postgresql() -> None:
    """Nothing in the statements is SQLite's alone."""
    statements = statements_for(asyncpg_dialect())

    assert "$1" in statements.get.text
    assert "RETURNING" in statements.update.text
    assert set(statements_for(SQLiteDialect(paramstyle="qmark")).update.parameters) == set(
        statements.update.parameters
    )
