"""Cursors come back as the positions they were made of, and nothing else is one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.errors import QueryUnsupported
from estuary.core.queries.conditions import AllOf, AnyOf, Comparison, Condition, Not, Operator, SortKey
from estuary.core.queries.query import ListQuery, SortedPosition
from estuary.core.record import Position
from estuary.core.resource import Resource
from estuary.http.errors import InvalidParameter
from estuary.http.records.cursors import MAX_LENGTH, Cursors, decode_cursor, encode_cursor
from tests.support.books import BOOKS, Book

CURSORS = Cursors(BOOKS)
PAPER = Comparison("binding", Operator.EQ, "paper")
POSITION = Position(1_773_500_966_535_897, "01234567-89ab-cdef-0123-456789abcdef")


@given(st.integers(-(2**63), 2**63 - 1), st.uuids().map(str))
def test_cursors_come_back(created_at: int, record_id: str) -> None:
    """Every position survives, in characters that need no escape in a URL."""
    cursor = encode_cursor(Position(created_at, record_id), "items")
    assert Position(created_at, record_id) == decode_cursor(cursor, "items")
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_a_cursor_never_changes_its_form() -> None:
    """Cursors of earlier releases stay readable: this one was made by the first."""
    expected = "Qd0RVKd4bgsxNzczNTAwOTY2NTM1ODk3OjAxMjM0NTY3LTg5YWItY2RlZi0wMTIzLTQ1Njc4OWFiY2RlZg"
    assert expected == encode_cursor(POSITION, "items")


def test_a_cursor_of_another_resource_is_refused() -> None:
    """It would be a place in a list it does not come from."""
    with pytest.raises(InvalidParameter, match="Cursor must be the next_cursor of a list with"):
        decode_cursor(encode_cursor(POSITION, "vessels"), "items")


@given(st.data())
def test_an_altered_cursor_is_refused(data: st.DataObject) -> None:
    """Any one character changed, added or removed is noticed."""
    cursor = encode_cursor(POSITION, "items")
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters(codec="ascii").filter(lambda character: character != cursor[place]))
    altered = data.draw(
        st.sampled_from(
            [
                cursor[:place] + other + cursor[place + 1 :],
                cursor[:place] + cursor[place + 1 :],
                cursor + other,
                other + cursor,
                cursor + "=",
            ]
        )
    )
    with pytest.raises(InvalidParameter):
        decode_cursor(altered, "items")


@given(st.text())
def test_no_text_but_a_cursor_is_one(text: str) -> None:
    """Whatever a client sends is answered with the same message, and with no other error."""
    with pytest.raises(InvalidParameter) as error:
        decode_cursor(text, "items")
    message = "cursor: Cursor must be the next_cursor of a list with the same conditions and sort"
    assert message == error.value.message


def test_a_cursor_longer_than_any_is_refused_unread() -> None:
    """Even where it is right in itself: reading it would cost what its sender likes."""
    with pytest.raises(InvalidParameter):
        decode_cursor(encode_cursor(Position(1, "x" * 1600), "items"), "items")


def test_a_cursor_with_an_id_that_no_record_has_is_refused() -> None:
    """A digest can be made by anyone, and PostgreSQL fails at U+0000 in a text."""
    with pytest.raises(InvalidParameter, match="must be the next_cursor"):
        decode_cursor(encode_cursor(Position(1, "\0"), "items"), "items")


def test_the_same_position_in_another_encoding_is_refused() -> None:
    """Bits that base64 ignores and digits that int() forgives do not make second names."""
    cursor = encode_cursor(POSITION, "items")
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    spaced = urlsafe_b64encode(raw[:8] + b" " + raw[8:]).rstrip(b"=").decode()
    for other in (spaced, cursor[:10] + "\n" + cursor[10:], cursor + "A" * 300):
        with pytest.raises(InvalidParameter):
            decode_cursor(other, "items")


times = st.datetimes(timezones=st.just(UTC))
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=100)


@given(texts, st.none() | times, st.none() | texts, st.uuids().map(str))
def test_cursors_of_any_order_come_back(
    title: str, published_at: datetime | None, note: str | None, record_id: str
) -> None:
    """Texts, times and nulls survive."""
    query = ListQuery(sort=(SortKey("title"), SortKey("published_at", True), SortKey("note")))
    position = SortedPosition((title, published_at, note), record_id)
    cursor = CURSORS.encode(position, query)
    assert position == CURSORS.decode(cursor, (), query.sort, None)
    assert cursor.replace("-", "").replace("_", "").isalnum()


def test_cursors_in_default_order_with_conditions_come_back() -> None:
    """As positions; without conditions the form is the first release's."""
    cursor = CURSORS.encode(POSITION, ListQuery(where=(PAPER,)))
    assert POSITION == CURSORS.decode(cursor, (PAPER,), (), None)
    assert encode_cursor(POSITION, "books") == CURSORS.encode(POSITION, ListQuery())
    assert POSITION == CURSORS.decode(encode_cursor(POSITION, "books"), (), (), None)


def test_a_cursor_belongs_to_one_query() -> None:
    """Conditions that hold the same comparisons otherwise are others, and so is whose records are meant."""
    other = Comparison("pages", Operator.GT, 5)
    queries: list[tuple[tuple[Condition, ...], tuple[SortKey, ...], str | None]] = [
        ((PAPER, other), (), None),
        ((PAPER,), (), None),
        ((AnyOf((PAPER, other)),), (), None),
        ((AllOf((PAPER, other)),), (), None),
        ((Not(AllOf((PAPER, other))),), (), None),
        ((PAPER, other), (SortKey("created_at", True),), None),
        ((PAPER, other), (), "ann"),
        ((PAPER, Comparison("pages", Operator.GTE, 5)), (), None),
    ]
    cursors = {CURSORS.encode(POSITION, ListQuery(owner=o, where=w)) for w, sort, o in queries if not sort}
    assert len(queries) - 1 == len(cursors)
    for cursor in cursors:
        found = 0
        for where, sort, owner in queries:
            try:
                CURSORS.decode(cursor, where, sort, owner)
            except InvalidParameter:
                continue
            found += 1
        assert 1 == found
    assert set() == cursors & {
        Cursors(Resource("tomes", Book)).encode(POSITION, ListQuery(where=(PAPER, other)))
    }


@pytest.mark.parametrize(
    "values",
    [
        (),
        (1, 2),
        ("5",),
        (None,),
        (True,),
        (5.5,),
        (2**60,),
        ([5],),
        ({"a": 5},),
    ],
)
def test_what_a_cursor_holds_is_read_as_a_filter_is(values: tuple[object, ...]) -> None:
    """A digest can be made by anyone: what is no value of the sort key is refused all the same."""
    query = ListQuery(sort=(SortKey("pages"),))
    cursor = CURSORS.encode(SortedPosition(values, POSITION.id), query)
    with pytest.raises(InvalidParameter, match="Cursor must be the next_cursor of a list with"):
        CURSORS.decode(cursor, (), query.sort, None)


def test_a_cursor_that_names_no_id_is_refused() -> None:
    """The id is read as a filter's is."""
    query = ListQuery(sort=(SortKey("pages"),))
    cursor = CURSORS.encode(SortedPosition((5,), "x"), query)
    with pytest.raises(InvalidParameter, match="Cursor must be the next_cursor of a list with"):
        CURSORS.decode(cursor, (), query.sort, None)


def test_values_that_are_too_long_for_a_cursor_are_told() -> None:
    """No cursor is longer than clients are told; the walk is refused, not the record."""
    query = ListQuery(sort=(SortKey("note"),))
    assert MAX_LENGTH >= len(CURSORS.encode(SortedPosition(("x" * 1400,), POSITION.id), query))
    with pytest.raises(QueryUnsupported, match="too long for a cursor"):
        CURSORS.encode(SortedPosition(("x" * 1600,), POSITION.id), query)
