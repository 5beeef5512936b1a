"""What list requests ask for, and cursors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.errors import BadRequest, InvalidParameter
from estuary.core.query import (
    MAX_OFFSET,
    ListQuery,
    by_cursor,
    decode_cursor,
    encode_cursor,
    parse,
)
from estuary.core.record import Position

POSITION = Position(1_773_500_966_535_897, "01234567-89ab-cdef-0123-456789abcdef")
LIMIT_MESSAGE = "limit: Limit must be between 1 and 100"
OFFSET_MESSAGE = "offset: Offset must be between 0 and 9007199254740991"


def test_nothing_asked_is_the_first_slice_of_twenty() -> None:
    """The contract's defaults."""
    assert ListQuery(20, 0) == parse({}, "items")


@pytest.mark.parametrize("limit", [1, 20, 100])
def test_limits_in_range_are_taken(limit: int) -> None:
    """1 and 100 are allowed."""
    assert ListQuery(limit, 0) == parse({"limit": str(limit)}, "items")


@pytest.mark.parametrize("offset", [0, 1, 10**9, MAX_OFFSET])
def test_offsets_in_range_are_taken(offset: int) -> None:
    """Any offset that every engine counts to, and every JSON reader keeps exact."""
    assert ListQuery(20, offset) == parse({"offset": str(offset)}, "items")


NOT_NUMBERS = [
    "",
    " ",
    "x",
    "-1",
    "+1",
    "1.0",
    "1e1",
    "0x1",
    "1_0",
    " 1",
    "1\n",
    "\u0661",
    "²",
    "NaN",
    "\0",
]


@pytest.mark.parametrize("text", [*NOT_NUMBERS, "0", "101", "1" * 5000])
def test_any_other_limit_is_refused(text: str) -> None:
    """The message names the parameter and what it may be, never what was sent."""
    with pytest.raises(InvalidParameter) as error:
        parse({"limit": text}, "items")
    assert (LIMIT_MESSAGE, "limit") == (error.value.message, error.value.name)


@pytest.mark.parametrize("text", [*NOT_NUMBERS, str(MAX_OFFSET + 1), "1" * 5000])
def test_any_other_offset_is_refused(text: str) -> None:
    """The same for offsets."""
    with pytest.raises(InvalidParameter) as error:
        parse({"offset": text}, "items")
    assert (OFFSET_MESSAGE, "offset") == (error.value.message, error.value.name)


def test_an_empty_cursor_is_the_first_page() -> None:
    """Paging starts without a position."""
    assert by_cursor(5) == parse({"cursor": "", "limit": "5"}, "items")


def test_a_cursor_is_the_page_behind_its_position() -> None:
    """What was encoded is where the page starts."""
    assert by_cursor(20, POSITION) == parse({"cursor": encode_cursor(POSITION, "items")}, "items")


def test_a_cursor_page_obeys_the_limit() -> None:
    """The limit is checked for pages as for slices."""
    with pytest.raises(InvalidParameter, match="Limit must be"):
        parse({"cursor": "", "limit": "101"}, "items")


@pytest.mark.parametrize("cursor", ["", "x"])
def test_cursor_and_offset_together_are_refused(cursor: str) -> None:
    """Even where both could be read: they mean different lists."""
    with pytest.raises(BadRequest, match="cannot be used together"):
        parse({"cursor": cursor, "offset": "0"}, "items")


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
    with pytest.raises(InvalidParameter, match="not one that Estuary issued"):
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
    assert "cursor: Cursor is not one that Estuary issued" == error.value.message


def test_a_cursor_longer_than_any_is_refused_unread() -> None:
    """Even where it is right in itself: reading it would cost what its sender likes."""
    with pytest.raises(InvalidParameter):
        decode_cursor(encode_cursor(Position(1, "x" * 300), "items"), "items")


def test_the_same_position_in_another_encoding_is_refused() -> None:
    """Bits that base64 ignores and digits that int() forgives do not make second names."""
    cursor = encode_cursor(POSITION, "items")
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    spaced = urlsafe_b64encode(raw[:8] + b" " + raw[8:]).rstrip(b"=").decode()
    for other in (spaced, cursor[:10] + "\n" + cursor[10:], cursor + "A" * 300):
        with pytest.raises(InvalidParameter):
            decode_cursor(other, "items")
