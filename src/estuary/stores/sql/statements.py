"""Everything a store asks of a resource's table, compiled once: SQL and its parameters' order."""

from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement

from estuary.stores.sql.tables import OWNED
from estuary.stores.sql.types import LONG


class Statement(NamedTuple):
    """SQL as a driver takes it, and the names of its parameters in the order of their places."""

    text: str
    parameters: tuple[str, ...]


class Statements(NamedTuple):
    """The statements of one resource. Selects and `update` give the table's columns in their order.

    Those in the second half see one owner's records only. `version` gives a record's version and owner.
    """

    insert: Statement
    get: Statement
    update: Statement
    delete: Statement
    version: Statement
    first_page: Statement
    next_page: Statement
    slice: Statement
    total: Statement
    owned_first_page: Statement
    owned_next_page: Statement
    owned_slice: Statement
    owned_total: Statement


def compile_statements(table: Table, totals: Table, dialect: Dialect) -> Statements:
    """The statements of `table` in the language of `dialect`, whose paramstyle must be a positional one."""
    every, owned = select(table), select(table).where(*_owned(table))
    total = select(func.coalesce(func.sum(totals.c.total), literal_column("0"))).where(
        totals.c.resource == literal_column(f"'{table.name}'")
    )
    by_id = table.c.id == bindparam("_id", type_=Text)
    return Statements(
        insert=compiled(insert(table), dialect),
        get=compiled(every.where(by_id), dialect),
        update=compiled(_update(table), dialect),
        delete=compiled(delete(table).where(by_id, *_on_terms(table)).returning(table.c.id), dialect),
        version=compiled(select(table.c.version, table.c.owner).where(by_id), dialect),
        first_page=compiled(_first_page(every, table), dialect),
        next_page=compiled(_next_page(every, table), dialect),
        slice=compiled(_slice(every, table), dialect),
        total=compiled(total, dialect),
        owned_first_page=compiled(_first_page(owned, table), dialect),
        owned_next_page=compiled(_next_page(owned, table), dialect),
        owned_slice=compiled(_slice(owned, table), dialect),
        owned_total=compiled(total.where(totals.c.owner == _owner_parameter()), dialect),
    )


def set_parameter(field: str) -> str:
    """The parameter of `update` that says whether `field` changes."""
    return f"_set_{field}"


def value_parameter(field: str) -> str:
    """The parameter of `update` that holds the new value of `field`."""
    return f"_value_{field}"


def _update(table: Table) -> ClauseElement:
    """One statement for every subset of the fields: it is compiled and prepared once."""
    kept = {"id", "version", "created_at", "updated_at", "owner"}
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
    return update(table).where(by_id, *_on_terms(table)).values(changes).returning(*table.c)


def _on_terms(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The version expected, and the owner, where the terms of a write name them."""
    expected = bindparam("_expected_version", type_=LONG)
    owner = bindparam("_owner", type_=Text)
    # In this order: PostgreSQL learns a parameter's type where it first stands.
    return (
        or_(table.c.version == expected, expected.is_(None)),
        or_(table.c.owner == owner, owner.is_(None)),
    )


def _owned(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.owner == _owner_parameter(), literal_column(OWNED)


def _owner_parameter() -> BindParameter[str]:
    return bindparam("owner", type_=Text)


def _in_order(records: Select[Any], table: Table) -> Select[Any]:
    return records.order_by(table.c.created_at, table.c.id).limit(bindparam("limit", type_=LONG))


def _first_page(records: Select[Any], table: Table) -> Select[Any]:
    # Said outright: SQLite's compiler would add an offset of 0 as a parameter of its own.
    return _in_order(records, table).offset(literal_column("0"))


def _next_page(records: Select[Any], table: Table) -> Select[Any]:
    position = tuple_(bindparam("created_at", type_=LONG), bindparam("id", type_=Text))
    return _first_page(records, table).where(tuple_(table.c.created_at, table.c.id) > position)


def _slice(records: Select[Any], table: Table) -> Select[Any]:
    return _in_order(records, table).offset(bindparam("offset", type_=LONG))


def compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    """`statement` in the language of `dialect`."""
    made: Any = statement.compile(dialect=dialect)
    return Statement(str(made), tuple(made.positiontup or ()))
