"""What `fields` leaves of a record."""

import pytest

from estuary.http.errors import InvalidParameter
from estuary.http.records.projection import Projections
from tests.support.books import BOOKS

PROJECTIONS = Projections(BOOKS)
RECORD = b'{"id":"1","title":"a\\u00e9","weight":2.50,"created_at":"x","updated_at":"y"}'


def test_fields_are_left_as_they_are_written_in_the_whole() -> None:
    """In the record's order, byte for byte, with the id."""
    projection = PROJECTIONS.of_text("weight,title")
    assert b'{"id":"1","title":"a\\u00e9","weight":2.50}' == projection.of(RECORD)


@pytest.mark.parametrize("text", ["id", "id,id"])
def test_the_id_always_comes(text: str) -> None:
    """It may be named, too, and more than once."""
    assert b'{"id":"1"}' == PROJECTIONS.of_text(text).of(RECORD)


@pytest.mark.parametrize("text", ["", "title,", "Title", " title", "version", "owner", "title.eq"])
def test_a_field_that_is_not_shown_is_refused(text: str) -> None:
    """The empty name and those that only queries know are not shown either."""
    with pytest.raises(InvalidParameter, match=r"^fields: (Field .* is unknown|A field has no name); "):
        PROJECTIONS.of_text(text)


def test_a_hidden_field_is_told_as_an_unknown_one() -> None:
    """Letter for letter."""
    messages = set()
    for name in ("price_paid", "price_gone"):
        with pytest.raises(InvalidParameter) as error:
            PROJECTIONS.of_text(name)
        messages.add(error.value.message.replace(name, "it"))
    assert 1 == len(messages)
