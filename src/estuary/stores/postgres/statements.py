"""The statements that PostgreSQL answers in a way of its own: totals, and slices with their total."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql.base import PGDialect

from estuary.stores.postgres.tables import NOBODY
from estuary.stores.sql.statements import Statement, Statements, compile_statements, compiled
from estuary.stores.sql.tables import OWNED

DIALECT = PGDialect(paramstyle="numeric_dollar")
"""Parameters as the server's protocol numbers them: $1, $2."""


def postgres_statements(table: Table, totals: Table) -> Statements:
    """The statements of `table`; `slice` and `owned_slice` give the total before each row's columns.

    One statement sees one moment: total and rows agree without a transaction around them. Where the slice
    is empty there still is a row, of the total and nulls.
    """
    owner = bindparam("owner", type_=Text)
    everybodys = _total(table, totals, totals.c.owner == literal_column(NOBODY))
    owners = _total(table, totals, totals.c.owner == owner)
    owned = select(table).where(table.c.owner == owner, literal_column(OWNED))
    return compile_statements(table, totals, DIALECT)._replace(
        total=compiled(everybodys, DIALECT),
        owned_total=compiled(owners, DIALECT),
        slice=_counted(select(table), everybodys, table),
        owned_slice=_counted(owned, owners, table),
    )


def _total(table: Table, totals: Table, whose: ColumnElement[bool]) -> Select[int]:
    # A sum of bigints is a numeric, which would come as a Decimal.
    total = cast(func.coalesce(func.sum(totals.c.total), literal_column("0")), BigInteger).label("total")
    return select(total).where(totals.c.resource == literal_column(f"'{table.name}'"), whose)


def _counted(records: Select[Any], total: Select[int], table: Table) -> Statement:
    offset, limit = bindparam("offset", type_=BigInteger), bindparam("limit", type_=BigInteger)
    whole = total.cte("whole")
    # Past the end nothing is asked for: the engine would walk all the way there.
    past = offset >= select(whole.c.total).scalar_subquery()
    wanted = (
        records.order_by(table.c.created_at, table.c.id)
        .limit(case((past, literal_column("0")), else_=limit))
        .offset(offset)
        .subquery("wanted")
    )
    counted = (
        select(whole.c.total, *wanted.c)
        .select_from(whole.outerjoin(wanted, true()))
        .order_by(wanted.c.created_at, wanted.c.id)
    )
    return compiled(counted, DIALECT)
