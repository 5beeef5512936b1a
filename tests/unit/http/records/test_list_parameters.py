"""What the query parameters of a list ask for, and which are refused."""

import pytest

from estuary.core.query import ListQuery, by_cursor
from estuary.core.record import Position
from estuary.http.errors import BadRequest, InvalidParameter
from estuary.http.records.cursors import encode_cursor
from estuary.http.records.list_parameters import MAX_OFFSET, parse

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
