"""Each form of a list query has its statement, whose parameters are the query's values."""

from functools import partial

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from estuary.core.items import ITEMS
from estuary.core.queries.query import ListQuery, by_cursor
from estuary.core.record import Position
from estuary.stores.sql.list_statements import ListStatements, Shape, Start, select_list, shape_of
from estuary.stores.sql.tables import resource_table

AFTER = Position(5, "an id")
SHAPES = {
    "by offset": (ListQuery(7, 3), Shape(Start.AT_OFFSET, owned=False, counted=True), (7, 3)),
    "first page": (by_cursor(7), Shape(Start.FIRST, owned=False, counted=False), (7,)),
    "next page": (
        by_cursor(7, AFTER),
        Shape(Start.AFTER_POSITION, owned=False, counted=False),
        (5, "an id", 7),
    ),
    "hers by offset": (
        ListQuery(7, 3, owner="her"),
        Shape(Start.AT_OFFSET, owned=True, counted=True),
        ("her", 7, 3),
    ),
    "her next page": (
        by_cursor(7, AFTER, "her"),
        Shape(Start.AFTER_POSITION, owned=True, counted=False),
        ("her", 5, "an id", 7),
    ),
    "uncounted": (
        ListQuery(7, 3, counted=False),
        Shape(Start.AT_OFFSET, owned=False, counted=False),
        (7, 3),
    ),
}


@pytest.fixture
def lists() -> ListStatements:
    """The statements for lists of items, in SQLite's language."""
    table = resource_table(ITEMS, MetaData())
    return ListStatements(partial(select_list, table), SQLiteDialect(paramstyle="qmark"))


@pytest.mark.parametrize(("query", "shape", "values"), SHAPES.values(), ids=SHAPES.keys())
def test_a_query_is_a_statement_and_its_values(
    lists: ListStatements, query: ListQuery, shape: Shape, values: tuple[object, ...]
) -> None:
    """As many values as the statement has places, in their order."""
    assert shape == shape_of(query)
    statement, parameters = lists.of(query)
    assert values == parameters
    assert len(values) == statement.count("?")


def test_queries_of_one_form_share_their_statement(lists: ListStatements) -> None:
    """It is made once, also where it is not among the common ones."""
    rare = ListQuery(7, 3, counted=False)
    assert lists.of(by_cursor(1, AFTER)).statement is lists.of(by_cursor(2, Position(6, "x"))).statement
    assert lists.of(rare).statement is lists.of(rare).statement


@pytest.mark.parametrize(("asked", "taken"), [(2**70, 2**63 - 1), (-(2**70), -(2**63)), (5, 5)])
def test_positions_outside_64_bits_are_moved_inside(lists: ListStatements, asked: int, taken: int) -> None:
    """A cursor may name any integer: what no engine can hold becomes the nearest that it can."""
    assert (taken, "id", 7) == lists.of(by_cursor(7, Position(asked, "id"))).parameters
