"""Everything a store asks of a resource's table, compiled once: SQL and its parameters' order."""

from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    Table,
    Text,
    bindparam,
    case,
    delete,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement

from estuary.stores.sql.types import LONG


class Statement(NamedTuple):
    """SQL as a driver takes it, and the names of its parameters in the order of their places."""

    text: str
    parameters: tuple[str, ...]


class Statements(NamedTuple):
    """The statements of one resource. Selects and `update` give the table's columns in their order."""

    insert: Statement
    get: Statement
    update: Statement
    delete: Statement
    version: Statement
    first_page: Statement
    next_page: Statement
    slice: Statement
    total: Statement


def compile_statements(table: Table, totals: Table, dialect: Dialect) -> Statements:
    """The statements of `table` in the language of `dialect`, whose paramstyle must be a positional one."""
    whole = select(table)
    in_order = whole.order_by(table.c.created_at, table.c.id).limit(bindparam("limit", type_=LONG))
    # Said outright: SQLite's compiler would add an offset of 0 as a parameter of its own.
    page = in_order.offset(literal_column("0"))
    position = tuple_(bindparam("created_at", type_=LONG), bindparam("id", type_=Text))
    by_id = table.c.id == bindparam("_id", type_=Text)
    return Statements(
        insert=_compiled(insert(table), dialect),
        get=_compiled(whole.where(by_id), dialect),
        update=_compiled(_update(table), dialect),
        delete=_compiled(delete(table).where(by_id, _as_expected(table)).returning(table.c.id), dialect),
        version=_compiled(select(table.c.version).where(by_id), dialect),
        first_page=_compiled(page, dialect),
        next_page=_compiled(page.where(tuple_(table.c.created_at, table.c.id) > position), dialect),
        slice=_compiled(in_order.offset(bindparam("offset", type_=LONG)), dialect),
        total=_compiled(
            select(totals.c.total).where(totals.c.resource == literal_column(f"'{table.name}'")), dialect
        ),
    )


def set_parameter(field: str) -> str:
    """The parameter of `update` that says whether `field` changes."""
    return f"_set_{field}"


def value_parameter(field: str) -> str:
    """The parameter of `update` that holds the new value of `field`."""
    return f"_value_{field}"


def _update(table: Table) -> ClauseElement:
    """One statement for every subset of the fields: it is compiled and prepared once."""
    kept = {"id", "version", "created_at", "updated_at"}
    changes: dict[Any, Any] = {
        column: case(
            (
                bindparam(set_parameter(column.name), type_=Boolean),
                bindparam(value_parameter(column.name), type_=column.type),
            ),
            else_=column,
        )
        for column in table.c
        if column.name not in kept
    }
    changes[table.c.version] = table.c.version + literal_column("1")
    changes[table.c.updated_at] = bindparam("_updated_at", type_=LONG)
    by_id = table.c.id == bindparam("_id", type_=Text)
    return update(table).where(by_id, _as_expected(table)).values(changes).returning(*table.c)


def _as_expected(table: Table) -> Any:
    expected = bindparam("_expected_version", type_=LONG)
    return or_(expected.is_(None), table.c.version == expected)


def _compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    compiled: Any = statement.compile(dialect=dialect)
    return Statement(str(compiled), tuple(compiled.positiontup or ()))
