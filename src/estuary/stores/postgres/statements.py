"""What PostgreSQL is asked in its own way: totals, and lists together with their total."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.dialects.postgresql.base import PGDialect

from estuary.stores.postgres.tables import ALL_OWNERS
from estuary.stores.sql.list_statements import Shape, Start, owner_parameter, select_list
from estuary.stores.sql.statements import Totals

DIALECT = PGDialect(paramstyle="numeric_dollar")
"""Parameters as the server's protocol numbers them: $1, $2."""


def select_totals(table: Table, totals: Table) -> Totals:
    """The numbers of records: that of all is kept under an owner that no record has."""
    return Totals(
        _total(table, totals, totals.c.owner == literal_column(ALL_OWNERS)),
        _total(table, totals, totals.c.owner == owner_parameter()),
    )


def select_counted_list(table: Table, totals: Totals, shape: Shape) -> Select[Any]:
    """The records of a list in their order; where they are counted, each behind the total.

    One statement sees one moment: total and rows agree without a transaction around them. Where the list
    is empty there still is a row, of the total and nulls.
    """
    # As `PostgresLanguage.leads` has it.
    records = select_list(table, shape, owner=any_(array([owner_parameter()])))
    if not shape.counted:
        return records
    whole = (totals.owned if shape.owned else totals.all).cte("whole")
    if shape.start is Start.AT_OFFSET:
        # Past the end nothing is asked for: the engine would walk all the way there.
        past = bindparam("offset", type_=BigInteger) >= select(whole.c.total).scalar_subquery()
        limit = bindparam("limit", type_=BigInteger)
        records = records.limit(case((past, literal_column("0")), else_=limit))
    wanted = records.subquery("wanted")
    return (
        select(whole.c.total, *wanted.c)
        .select_from(whole.outerjoin(wanted, true()))
        .order_by(wanted.c.created_at, wanted.c.id)
    )


def _total(table: Table, totals: Table, whose: ColumnElement[bool]) -> Select[Any]:
    # A sum of bigints is a numeric, which would come as a Decimal.
    total = cast(func.coalesce(func.sum(totals.c.total), literal_column("0")), BigInteger).label("total")
    return select(total).where(totals.c.resource == literal_column(f"'{table.name}'"), whose)
