"""Cursors come back as the positions they were made of, and nothing else is one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estuary.core.record import Position
from estuary.http.errors import InvalidParameter
from estuary.http.records.cursors import decode_cursor, encode_cursor

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
