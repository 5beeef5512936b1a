"""What queries can name, and what they can say of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from estuary.core.kinds.boolean import Boolean
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Broken, Kind
from estuary.core.kinds.list import List
from estuary.core.kinds.text import Text
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.queries.attributes import Attribute, value_of
from estuary.core.queries.conditions import ORDERED, Comparison, Operator
from estuary.core.record import Record
from tests.support.clocks import START
from tests.support.queries import MOORINGS
from tests.support.resources import vessel

EQUALITY = {"eq", "ne", "in"}
RANGE = {"lt", "lte", "gt", "gte"}
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Text(), EQUALITY | RANGE | {"prefix", "contains"}),
        (Integer(), EQUALITY | RANGE),
        (Float(), EQUALITY | RANGE),
        (Timestamp(), EQUALITY | RANGE),
        (Boolean(), EQUALITY),
        (Choice(("a", "b")), EQUALITY),
        (List(Text()), {"has"}),
    ],
    ids=["text", "integer", "float", "timestamp", "boolean", "choice", "list"],
)
def test_each_kind_has_its_operators(asked: Kind, expected: set[str]) -> None:
    """Only what can be null can be asked whether it is."""
    assert expected == {each.value for each in Attribute("thing", asked).operators}
    assert expected | {"null"} == {each.value for each in Attribute("thing", asked, True).operators}


def test_all_can_be_asked_about_but_what_is_hidden() -> None:
    """The fields, and what every record has besides; but no object that is always there."""
    asked = [name for name in MOORINGS.field_names if name not in ("secret", "parts")]
    assert ["id", "version", "created_at", "updated_at", *asked] == list(MOORINGS.attributes)
    assert len(asked) + 2 == len(MOORINGS.field_names)
    for name in ("id", "version", "created_at", "updated_at"):
        assert ORDERED == MOORINGS.attributes[name].operators


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        (Text(), " a+b ", " a+b "),
        (Text(), "", ""),
        (Choice(("a", "b")), "b", "b"),
        (Integer(), "-12", -12),
        (Integer(), "2.0", 2),
        (Integer(), "1e3", 1000),
        (Float(), "-0.0", 0.0),
        (Float(), "1e300", 1e300),
        (Float(), "5", 5.0),
        (Boolean(), "true", True),
        (Boolean(), "false", False),
        (Timestamp(), "2026-01-02T13:00:00+01:00", NOON),
        (List(Text()), "sea ", "sea "),
    ],
    ids=repr,
)
def test_values_in_urls_are_read_as_their_kind(asked: Kind, text: str, expected: Any) -> None:
    """Nothing is trimmed: a text is all that was written."""
    operator = Operator.HAS if isinstance(asked, List) else Operator.EQ
    comparison = Attribute("thing", asked).spelled(operator, text)
    assert (Comparison("thing", operator, expected), type(expected)) == (comparison, type(comparison.value))


@pytest.mark.parametrize(
    ("asked", "text", "message", "code"),
    [
        (Text(), "a\0", "must not contain the character U+0000", "characters"),
        (List(Text()), "\0", "must not contain the character U+0000", "characters"),
        (Choice(("a", "b")), "c", "must be one of a, b", "choice"),
        (Choice(("a", "b")), "A", "must be one of a, b", "choice"),
        (Integer(), "2.5", "must be a whole number", "integer"),
        *((Integer(), text, "must be a whole number", "type") for text in ("", "1 ", "+1", "01", "0x1")),
        *((Integer(), text, "must be a whole number", "type") for text in ("NaN", "\u0663")),
        *((Float(), text, "must be a number", "type") for text in ("", "NaN", "Infinity", ".5", "1,5")),
        *((Boolean(), text, "must be true or false", "type") for text in ("", "True", "1", "null")),
    ],
    ids=repr,
)
def test_other_values_are_refused(asked: Kind, text: str, message: str, code: str) -> None:
    """With what would do."""
    operator = Operator.HAS if isinstance(asked, List) else Operator.EQ
    with pytest.raises(Broken) as refused:
        Attribute("thing", asked).spelled(operator, text)
    assert (message, code) == (refused.value.message, refused.value.code)


@pytest.mark.parametrize("sign", [1, -1])
def test_integers_are_compared_with_any_whole_number(sign: int) -> None:
    """One that is too large for every field lies beyond all of them, and equals none."""
    for beyond in (2**53, 2**64, 10**300):
        read = Attribute("thing", Integer()).spelled(Operator.LT, str(sign * beyond))
        assert Comparison("thing", Operator.LT, sign * 2**53) == read


@pytest.mark.parametrize("text", ["1e400", "-1e400", "1" * 401])
def test_numbers_beyond_every_double_are_refused(text: str) -> None:
    """No field holds one."""
    for asked in (Integer(), Float()):
        with pytest.raises(Broken) as refused:
            Attribute("thing", asked).spelled(Operator.EQ, text)
        assert ("is a number beyond all bounds", "range") == (refused.value.message, refused.value.code)


@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02T12:00:00", "2026-01-02T12:00:60Z", "noon", ""])
def test_a_time_without_its_offset_is_none(text: str) -> None:
    """Nor is a date, or a leap second."""
    with pytest.raises(Broken):
        Attribute("thing", Timestamp()).spelled(Operator.GT, text)


def test_whether_it_is_null_is_true_or_false() -> None:
    """In a URL as a word, in JSON as itself."""
    attribute = Attribute("thing", Integer(), optional=True)
    assert Comparison("thing", Operator.NULL, True) == attribute.spelled(Operator.NULL, "true")
    assert Comparison("thing", Operator.NULL, False) == attribute.comparison(Operator.NULL, False)
    for text in ("", "1", "True"):
        with pytest.raises(Broken, match="must be true or false"):
            attribute.spelled(Operator.NULL, text)
    for value in (1, "true", None):
        with pytest.raises(Broken, match="must be true or false"):
            attribute.comparison(Operator.NULL, value)


def test_one_of_several_values() -> None:
    """Each is read as its kind; there is at least one, and none is null."""
    attribute = Attribute("thing", Integer())
    assert Comparison("thing", Operator.IN, (1, 2)) == attribute.comparison(Operator.IN, [1, 2.0])
    assert Comparison("thing", Operator.IN, (3,)) == attribute.spelled(Operator.IN, "3")
    for value in ([], [None], "12", 1, None, ["1"], {"1": 1}):
        with pytest.raises(Broken):
            attribute.comparison(Operator.IN, value)


def test_null_is_no_value_to_compare_with() -> None:
    """The message says how null is asked for where a field can be null, and mentions a list's entries."""
    with pytest.raises(Broken, match="must be a text; for null use the operator null"):
        Attribute("thing", Text(), optional=True).comparison(Operator.EQ, None)
    for kind, operator in ((Text(), Operator.EQ), (List(Text()), Operator.HAS)):
        with pytest.raises(Broken, match=r"must be a text\Z"):
            Attribute("thing", kind).comparison(operator, None)


@pytest.mark.parametrize("operator", [Operator.PREFIX, Operator.CONTAINS])
def test_a_search_for_nothing_is_refused(operator: Operator) -> None:
    """Every text begins with it: it is a mistake."""
    with pytest.raises(Broken, match="must not be empty"):
        Attribute("thing", Text()).comparison(operator, "")


@pytest.mark.parametrize("value", [True, "1", [], {}], ids=repr)
def test_values_of_json_have_their_type(value: Any) -> None:
    """A number in quotes is a text."""
    for asked in (Integer(), Float()):
        with pytest.raises(Broken, match="must be a"):
            Attribute("thing", asked).comparison(Operator.EQ, value)


def test_an_id_is_a_uuid_in_either_case() -> None:
    """As in a path."""
    found = MOORINGS.attributes["id"].spelled(Operator.EQ, "0199AA00-0000-7000-8000-00000000000F")
    assert "0199aa00-0000-7000-8000-00000000000f" == found.value
    with pytest.raises(Broken, match="must be a UUID"):
        MOORINGS.attributes["id"].spelled(Operator.EQ, "17")


def test_values_are_found_in_records() -> None:
    """Of fields, and of what every record has."""
    record = Record("an id", 3, START, NOON, vessel(crew=7))
    asked = ("id", "version", "created_at", "updated_at", "crew", "rating")
    assert ["an id", 3, START, NOON, 7, None] == [value_of(record, name) for name in asked]
