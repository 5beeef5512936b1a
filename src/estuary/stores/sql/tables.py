"""A resource as a table: its columns, the rules that an engine can check, and its order as an index."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, assert_never

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, Text, literal_column
from sqlalchemy.engine.interfaces import Dialect

from estuary.core.field import Field
from estuary.core.kinds.constraints import Constraint, Lengths, OneOf, Precision, Range
from estuary.core.kinds.kind import Storage
from estuary.core.resource import Resource
from estuary.stores.sql.ddl_text import quoted
from estuary.stores.sql.defaults import default_of
from estuary.stores.sql.indexes import OWNER, add_indexes
from estuary.stores.sql.renames import FORMER
from estuary.stores.sql.types import LONG, MOMENT, TEXT, column_type, precision_of

# Names of Estuary's own objects begin with an underscore: a resource's name never does.
TOTALS = "_estuary_totals"
KEYS = "_estuary_keys"
DELETED = "_estuary_deleted"
API_KEYS = "_estuary_api_keys"
_DIALECT = "dialect"


def resource_table(resource: Resource, metadata: MetaData) -> Table:
    """The table of `resource`: Estuary's own columns, then the declared fields in their order.

    The checks repeat the declared rules, so that nothing else that writes into the table can break them;
    patterns are left out, for engines do not agree on their syntax.
    """
    table = Table(
        resource.name,
        metadata,
        Column("id", TEXT, primary_key=True, nullable=False),
        Column("version", LONG, nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("updated_at", MOMENT, nullable=False),
        Column(OWNER, TEXT, nullable=False, server_default=""),
        *(_column(resource, field) for field in resource.fields),
        *(check for field in resource.fields for check in _checks(resource, field)),
        sqlite_strict=True,
    )
    add_indexes(resource, table)
    return table


def _column(resource: Resource, field: Field) -> Column[Any]:
    default = default_of(resource, field)
    return Column(
        field.name,
        column_type(field.kind.column),
        nullable=field.optional,
        server_default=default,
        info={FORMER: field.former_names},
    )


def copy_of(column: Column[Any], name: str) -> Column[Any]:
    """The same column under some name, for another table."""
    copy = Column(name, column.type, primary_key=column.primary_key, nullable=column.nullable)
    copy.server_default = column.server_default
    return copy


def totals_table(metadata: MetaData) -> Table:
    """How many records of each resource each owner has: kept by triggers, so no count looks at each."""
    return Table(
        TOTALS,
        metadata,
        Column("resource", Text, primary_key=True, nullable=False),
        Column(OWNER, Text, primary_key=True, nullable=False),
        Column("total", LONG, nullable=False),
        sqlite_strict=True,
    )


def keys_table(metadata: MetaData) -> Table:
    """The idempotency keys, each with what the write that carried it left behind.

    `snapshot` is the record as JSON (`core/record_json.py`), null after a delete. The owner has a default,
    so that releases which know none can still write beside this one while replicas are being replaced.
    """
    return Table(
        KEYS,
        metadata,
        Column("resource", Text, primary_key=True, nullable=False),
        Column("subject", Text, primary_key=True, nullable=False),
        Column(OWNER, Text, primary_key=True, nullable=False, server_default=""),
        Column("key", Text, primary_key=True, nullable=False),
        Column("fingerprint", Text, nullable=False),
        Column("snapshot", Text, nullable=True),
        Column("used_at", MOMENT, nullable=False),
        Index(f"{KEYS}_age", "used_at"),
        sqlite_strict=True,
    )


def deleted_table(metadata: MetaData) -> Table:
    """The last versions of deleted records, kept by triggers: a new one under such an id goes on there.

    It has a row for each, so that no entity tag ever stands for two contents.
    """
    return Table(
        DELETED,
        metadata,
        Column("resource", Text, primary_key=True, nullable=False),
        Column("id", Text, primary_key=True, nullable=False),
        Column("version", LONG, nullable=False),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


COMMON = ("id", "version", "created_at", "updated_at")
"""The columns by which a table of records is recognised, whatever release made it."""


def check_name(resource: Resource, field: Field) -> str:
    """The name of the check of `field`."""
    return f"ck_{resource.name}_{field.name}"


def check_of(table: Table, column: str) -> str:
    """The name of the check of a column of `table`: the inverse of `column_of_check`."""
    return f"ck_{table.name}_{column}"


def checks_of(table: Table, dialect: Dialect) -> dict[str, str]:
    """The checks that `table` has on the engine of `dialect`: each name with its condition."""
    checks = [check for check in table.constraints if isinstance(check, CheckConstraint)]
    return {
        str(check.name): str(check.sqltext)
        # Sorted, for a table has its constraints in a set.
        for check in sorted(checks, key=lambda check: str(check.name))
        if check.info[_DIALECT] in (None, dialect.name)
    }


def column_of_check(table: Table, check: str) -> str:
    """The column whose check is called so."""
    return check.removeprefix(f"ck_{table.name}_")


def _checks(resource: Resource, field: Field) -> Iterator[CheckConstraint]:
    """The rules of `field` in SQL; a null passes each of them, as a null result passes a check."""
    name, column = check_name(resource, field), f'"{field.name}"'
    stored = field.kind.column
    match stored.storage:
        case Storage.TEXT:
            yield from _check(_conditions(stored.constraint, column, f"length({column})"), name)
        case Storage.INTEGER | Storage.DOUBLE:
            yield from _check(_conditions(stored.constraint, column, column), name)
        case Storage.BOOLEAN:
            # SQLite has no type of its own for booleans and lists.
            yield from _check([f"{column} IN (0, 1)"], name, "sqlite")
        case Storage.DECIMAL:
            precision = precision_of(stored)
            yield from _check(_units(precision, column), name, "sqlite")
            yield from _check(_conditions(precision, column, column), name, "postgresql")
        case Storage.DATE:
            # What is no date becomes null, or the date that it overflows into.
            yield from _check([f"date({column}) IS {column}", f"{column} >= '0001-01-01'"], name, "sqlite")
            days = f"{column} BETWEEN '0001-01-01' AND '9999-12-31'"
            yield from _check([days], name, "postgresql")
        case Storage.UUID:
            form = [f"length({column}) = 36", f"{column} NOT GLOB '*[^0-9a-f-]*'"]
            yield from _check(form, name, "sqlite")
        case Storage.LIST:
            lengths = _conditions(stored.constraint, column, f"json_array_length({column})")
            array = " AND ".join([f"json_type({column}) = 'array'", *lengths])
            yield from _check([_is_json(column, array)], name, "sqlite")
            entries = _conditions(stored.constraint, column, f"cardinality({column})")
            yield from _check(entries, name, "postgresql")
        case Storage.JSON:
            yield from _check([_is_json(column, f"json_type({column}) = 'object'")], name, "sqlite")
            yield from _check([f"json_typeof({column}) = 'object'"], name, "postgresql")
        case _:
            assert_never(stored.storage)


def _is_json(column: str, demanded: str) -> str:
    """CASE, for the functions fail on what is not JSON; a null is valid in some releases only."""
    return f"CASE WHEN json_valid({column}) THEN {demanded} ELSE {column} IS NULL END"


def _check(conditions: Iterable[str], name: str, dialect: str | None = None) -> Iterator[CheckConstraint]:
    """A check for one engine alone, or for all; none where there is nothing to check."""
    condition = " AND ".join(conditions)
    if condition:
        # literal_column, for in plain text SQLAlchemy would take a colon in a choice for a parameter.
        check = CheckConstraint(literal_column(condition), name=name, info={_DIALECT: dialect})
        yield check if dialect is None else check.ddl_if(dialect=dialect)


def _conditions(constraint: Constraint | None, column: str, length: str) -> Iterator[str]:
    """What `constraint` demands of `column`, whose length is what `length` measures."""
    match constraint:
        case None:
            return
        case Lengths(least, most):
            yield from _bounds(length, least or None, most)
        case Range():
            yield from _bounds(column, constraint.minimum, constraint.maximum)
            yield from _bounds(column, constraint.exclusive_minimum, constraint.exclusive_maximum, "")
        case Precision(minimum=low, maximum=high):
            yield from _bounds(column, low, high)
        case OneOf(texts):
            # Sorted, for in which order they are declared is no rule of the table's.
            yield f"{column} IN ({', '.join(quoted(text) for text in sorted(texts))})"
        case _:
            assert_never(constraint)


def _units(precision: Precision, column: str) -> Iterator[str]:
    """What `precision` demands of a number of units of the last place; the divisor gives the places."""
    most = 10 ** (precision.digits - precision.places) - 1
    yield f"{column} / {10**precision.places} BETWEEN {-most} AND {most}"
    low, high = [
        None if bound is None else int(bound.scaleb(precision.places))
        for bound in (precision.minimum, precision.maximum)
    ]
    yield from _bounds(column, low, high)


def _bounds(
    measured: str, low: float | Decimal | None, high: float | Decimal | None, inclusive: str = "="
) -> Iterator[str]:
    if low is not None:
        yield f"{measured} >{inclusive} {_literal(low)}"
    if high is not None:
        yield f"{measured} <{inclusive} {_literal(high)}"


def _literal(number: float | Decimal) -> str:
    return f"{number:f}" if isinstance(number, Decimal) else repr(number)
