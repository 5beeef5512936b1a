"""The statements that list queries are answered with: one for each shape of query, made once and kept."""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from itertools import product
from typing import Any, NamedTuple, assert_never

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    Text,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ClauseElement

from estuary.core.queries.query import ListQuery
from estuary.core.record import Position
from estuary.stores.sql.indexes import OWNED
from estuary.stores.sql.statements import BoundStatement, Statement, Totals, compiled
from estuary.stores.sql.types import LONG

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1


class Start(Enum):
    """Where a list begins."""

    FIRST = auto()
    AFTER_POSITION = auto()
    AT_OFFSET = auto()


class Shape(NamedTuple):
    """What a list query's statement depends on: everything of it but its values."""

    start: Start
    owned: bool
    counted: bool


COMMON_SHAPES = tuple(
    Shape(start, owned, counted=start is Start.AT_OFFSET) for start, owned in product(Start, (False, True))
)
"""The shapes of what clients ask: their statements are made at start-up."""


def shape_of(query: ListQuery) -> Shape:
    """The shape of `query`."""
    if query.offset is not None:
        start = Start.AT_OFFSET
    else:
        start = Start.FIRST if query.after is None else Start.AFTER_POSITION
    return Shape(start, query.owner is not None, query.counted)


class ListStatements:
    """The statements for the lists of one table; `select` makes the one for a shape of query.

    Its parameters are `owner`, then `created_at` and `id` or `offset`, and `limit`.
    """

    def __init__(self, select: Callable[[Shape], ClauseElement], dialect: Dialect) -> None:
        self._select = select
        self._dialect = dialect
        self._kept: dict[Shape, Statement] = {
            shape: compiled(select(shape), dialect) for shape in COMMON_SHAPES
        }

    def of(self, query: ListQuery) -> BoundStatement:
        """The statement that answers `query`, with its parameters."""
        statement = self.for_shape(shape_of(query))
        return BoundStatement(statement.text, tuple([_value(query, name) for name in statement.parameters]))

    def for_shape(self, shape: Shape) -> Statement:
        """The statement for every query of this shape."""
        kept = self._kept.get(shape)
        if kept is None:
            kept = self._kept[shape] = compiled(self._select(shape), self._dialect)
        return kept


def select_list(
    table: Table,
    shape: Shape,
    columns: Sequence[ColumnElement[Any]] | None = None,
    owner: ColumnElement[Any] | None = None,
) -> Select[Any]:
    """The records of a list in their order, without their number: all columns, or those given.

    `owner` is what the owner of records equals where they are one's; it is the parameter where not given.
    """
    records = select(*(table.c if columns is None else columns))
    if shape.owned:
        owner = owner_parameter() if owner is None else owner
        # The partial index of owned records needs its condition to be repeated.
        records = records.where(table.c.owner == owner, literal_column(OWNED)).order_by(table.c.owner)
    records = records.order_by(table.c.created_at, table.c.id).limit(bindparam("limit", type_=LONG))
    match shape.start:
        case Start.AT_OFFSET:
            return records.offset(bindparam("offset", type_=LONG))
        case Start.FIRST:
            return _from_the_start(records)
        case Start.AFTER_POSITION:
            position = tuple_(bindparam("created_at", type_=LONG), bindparam("id", type_=Text))
            return _from_the_start(records).where(tuple_(table.c.created_at, table.c.id) > position)
        case _ as unknown:
            assert_never(unknown)


def select_totals(table: Table, totals: Table) -> Totals:
    """The numbers of records, which triggers keep in `totals`: a row for each owner."""
    every = select(func.coalesce(func.sum(totals.c.total), literal_column("0"))).where(
        totals.c.resource == literal_column(f"'{table.name}'")
    )
    return Totals(every, every.where(totals.c.owner == owner_parameter()))


def owner_parameter() -> BindParameter[str]:
    """Whose records are asked for."""
    return bindparam("owner", type_=Text)


def _from_the_start(records: Select[Any]) -> Select[Any]:
    # Written out: SQLite's compiler would add an offset of 0 as a parameter of its own.
    return records.offset(literal_column("0"))


def _value(query: ListQuery, parameter: str) -> Any:
    """The value that `query` has for a parameter of its statement."""
    match parameter:
        case "limit":
            return query.limit
        case "offset":
            return query.offset
        case "owner":
            return query.owner
    position = query.after if isinstance(query.after, Position) else Position(0, "")
    if parameter == "id":
        return position.id
    # A position outside the engines' integers is moved to the nearest inside: no record lies between.
    return min(max(position.created_at, _INT64_MIN), _INT64_MAX)
