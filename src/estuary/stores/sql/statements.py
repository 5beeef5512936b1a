"""Everything a store asks of a resource's table, compiled once: SQL and its parameters' order."""

from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.dml import ReturningUpdate

from estuary.stores.sql.types import LONG, Json, plain_type


class Statement(NamedTuple):
    """SQL as a driver takes it, and the names of its parameters in the order of their places."""

    text: str
    parameters: tuple[str, ...]


class BoundStatement(NamedTuple):
    """SQL as a driver takes it, with the values of its parameters."""

    statement: str
    parameters: tuple[Any, ...]


class Totals(NamedTuple):
    """What gives the number of a table's records, and that of one `owner`'s."""

    all: Select[Any]
    owned: Select[Any]


class Statements(NamedTuple):
    """The statements of one resource, but for its lists. `update` gives the table's columns in their order.

    `patch` is `update` of a record of which some field is not yet as it is to be. `get` leaves out the id,
    which is known: each column costs a read from SQLite 2,000 instructions. `version` gives a record's
    version and owner; `owned_total` counts one owner's records.
    """

    insert: Statement
    get: Statement
    update: Statement
    patch: Statement
    delete: Statement
    version: Statement
    total: Statement
    owned_total: Statement


def compile_statements(table: Table, totals: Totals, dialect: Dialect) -> Statements:
    """The statements of `table` in the language of `dialect`, whose paramstyle must be a positional one.

    `totals` selects the number of all records, and that of one owner's.
    """
    others = [column for column in table.c if column.name != table.c.id.name]
    return Statements(
        insert=compiled(insert(table), dialect),
        get=compiled(select(*others).where(by_id(table)), dialect),
        update=compiled(_update(table), dialect),
        patch=compiled(_update(table).where(_differs(table)), dialect),
        delete=compiled(delete(table).where(by_id(table), *_allowed(table)).returning(table.c.id), dialect),
        version=compiled(select(table.c.version, table.c.owner).where(by_id(table)), dialect),
        total=compiled(totals.all, dialect),
        owned_total=compiled(totals.owned, dialect),
    )


def by_id(table: Table) -> ColumnElement[bool]:
    """The condition for the record that the parameter `_id` names."""
    return table.c.id == bindparam("_id", type_=Text)


def set_parameter(field: str) -> str:
    """The parameter of `update` that says whether `field` changes."""
    return f"_set_{field}"


def value_parameter(field: str) -> str:
    """The parameter of `update` that holds the new value of `field`."""
    return f"_value_{field}"


def _update(table: Table) -> ReturningUpdate[Any]:
    """One statement for every subset of the fields: it is compiled and prepared once."""
    changes: dict[Any, Any] = {
        column: case((_is_set(column), _value(column)), else_=column) for column in _fields(table)
    }
    changes[table.c.version] = table.c.version + literal_column("1")
    changes[table.c.updated_at] = bindparam("_updated_at", type_=LONG)
    return update(table).where(by_id(table), *_allowed(table)).values(changes).returning(*table.c)


def _differs(table: Table) -> ColumnElement[bool]:
    """Whether any field that is set holds another value."""
    differing = [and_(_is_set(each), _is_other(each)) for each in _fields(table)]
    return or_(*differing)


def _is_other(column: Column[Any]) -> ColumnElement[bool]:
    """Whether a column would have another value; PostgreSQL compares JSON as text alone."""
    if isinstance(plain_type(column.type), Json):
        return cast(column, Text).is_distinct_from(cast(cast(_value(column), column.type), Text))
    return column.is_distinct_from(_value(column))


def _fields(table: Table) -> list[Column[Any]]:
    """The columns of the declared fields."""
    kept = {"id", "version", "created_at", "updated_at", "owner"}
    return [column for column in table.c if column.name not in kept]


def _is_set(column: Column[Any]) -> BindParameter[bool]:
    return bindparam(set_parameter(column.name), type_=Boolean)


def _value(column: Column[Any]) -> BindParameter[Any]:
    return bindparam(value_parameter(column.name), type_=column.type)


def _allowed(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The version expected, and the owner, where the options of a write name them."""
    expected = bindparam("_expected_version", type_=LONG)
    owner = bindparam("_owner", type_=Text)
    # In this order: PostgreSQL learns a parameter's type where it first stands.
    return (
        or_(table.c.version == expected, expected.is_(None)),
        or_(table.c.owner == owner, owner.is_(None)),
    )


def compiled(statement: ClauseElement, dialect: Dialect) -> Statement:
    """`statement` in the language of `dialect`."""
    made: Any = statement.compile(dialect=dialect)
    return Statement(str(made), tuple(made.positiontup or ()))
