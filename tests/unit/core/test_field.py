"""One value under the rules of one field."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from estuary.core.errors import Violation
from estuary.core.field import MAX_SAFE_INTEGER, Field, Kind
from estuary.core.rules import Broken, compile_rule, violation

SAFE = MAX_SAFE_INTEGER


def cleaned(value: Any, **rules: Any) -> Any:
    """`value` as the rule of a field with `rules` gives it back."""
    return compile_rule(Field(name="field", **rules))(value)


def broken(value: Any, **rules: Any) -> tuple[str, str]:
    """Message and code with which the rule refuses `value`."""
    with pytest.raises(Broken) as error:
        cleaned(value, **rules)
    return error.value.message, error.value.code


def test_text_is_trimmed_before_it_is_measured() -> None:
    """White space around a text is neither kept nor counted; inside, it is."""
    assert "a b" == cleaned("\t a b \u2003\n", kind=Kind.TEXT, min_length=1, max_length=3)


@pytest.mark.parametrize("value", ["", " ", "x" * 256])
def test_text_outside_its_lengths_is_refused(value: str) -> None:
    """The message tells both bounds, the code is the contract's."""
    expected = ("must be between 1 and 255 characters", "length")
    assert expected == broken(value, kind=Kind.TEXT, min_length=1, max_length=255)


@pytest.mark.parametrize("length", [1, 255])
def test_text_at_its_bounds_passes(length: int) -> None:
    """Bounds of lengths are inclusive; a character beyond the basic plane counts once."""
    assert "🚢" * length == cleaned("🚢" * length, kind=Kind.TEXT, min_length=1, max_length=255)


@pytest.mark.parametrize(
    ("low", "high", "value", "message"),
    [
        (None, 3, "xxxx", "must be at most 3 characters"),
        (None, 1, "xx", "must be at most 1 character"),
        (0, 3, "xxxx", "must be at most 3 characters"),
        (2, None, "x", "must be at least 2 characters"),
        (1, None, "", "must be at least 1 character"),
        (3, 3, "x", "must be exactly 3 characters"),
        (1, 1, "", "must be exactly 1 character"),
        (None, 0, "x", "must be at most 0 characters"),
    ],
)
def test_messages_about_lengths_name_the_bounds_there_are(
    low: int | None, high: int | None, value: str, message: str
) -> None:
    """No message speaks of a bound that was not declared, and one character is singular."""
    assert (message, "length") == broken(value, kind=Kind.TEXT, min_length=low, max_length=high)


def test_an_optional_text_that_is_empty_is_null() -> None:
    """Empty after trimming means null, whatever the least length."""
    assert cleaned("  ", kind=Kind.TEXT, optional=True, min_length=3, pattern="^x") is None


def test_a_text_without_rules_may_be_empty() -> None:
    """Where null is not allowed, an empty text stays one."""
    assert "" == cleaned(" ", kind=Kind.TEXT)


@pytest.mark.parametrize("value", ["\0", "a\0b", " \0 "])
def test_nul_is_refused_in_texts(value: str) -> None:
    """U+0000 cannot be kept by every store."""
    assert ("must not contain the character U+0000", "characters") == broken(value, kind=Kind.TEXT)


def test_a_pattern_is_searched_for_as_json_schema_does() -> None:
    """A pattern is not anchored unless it says so, and is applied to the trimmed text."""
    assert "ab1" == cleaned(" ab1 ", kind=Kind.TEXT, pattern="b[0-9]")
    assert ("must match the pattern ^[A-Z]+$", "pattern") == broken("a", kind=Kind.TEXT, pattern="^[A-Z]+$")


@pytest.mark.parametrize("value", [0, 10, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER])
def test_integers_that_every_json_reader_keeps_pass(value: int) -> None:
    """Without declared bounds, those of exact doubles hold."""
    assert value == cleaned(value, kind=Kind.INTEGER)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (MAX_SAFE_INTEGER + 1, "must be at most 9007199254740991"),
        (-MAX_SAFE_INTEGER - 1, "must be at least -9007199254740991"),
        (10**5000, "must be at most 9007199254740991"),
    ],
    ids=["above", "below", "5001 digits"],
)
def test_integers_beyond_exact_doubles_are_refused(value: int, message: str) -> None:
    """A reader in another language would round them."""
    assert (message, "range") == broken(value, kind=Kind.INTEGER)


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"minimum": 1, "maximum": 5}, 0, "must be between 1 and 5"),
        ({"minimum": 1, "maximum": 5}, 6, "must be between 1 and 5"),
        ({"exclusive_minimum": 0, "exclusive_maximum": 6}, 6, "must be between 1 and 5"),
        ({"minimum": 0}, -1, "must be at least 0"),
        ({"exclusive_minimum": 0}, 0, "must be at least 1"),
        ({"maximum": 5}, 6, "must be at most 5"),
        ({"exclusive_maximum": 5}, 5, "must be at most 4"),
        ({"minimum": 0, "exclusive_minimum": 3}, 3, "must be at least 4"),
        ({"maximum": 9, "exclusive_maximum": 3}, 3, "must be at most 2"),
        ({"minimum": 0}, 2**60, "must be at most 9007199254740991"),
        ({"minimum": -(10**20), "maximum": 10**20}, 10**19, f"must be between {-SAFE} and {SAFE}"),
        ({"minimum": -(10**20), "maximum": 10**20}, -(10**19), f"must be between {-SAFE} and {SAFE}"),
        ({"minimum": 0.0, "maximum": 5.0}, 6, "must be between 0 and 5"),
    ],
)
def test_integers_outside_their_bounds_are_refused(rules: dict[str, Any], value: int, message: str) -> None:
    """The message names the bounds that were declared, as inclusive whole numbers."""
    assert (message, "range") == broken(value, kind=Kind.INTEGER, **rules)


@pytest.mark.parametrize(
    ("rules", "value"),
    [
        ({"minimum": 1, "maximum": 5}, 1),
        ({"minimum": 1, "maximum": 5}, 5),
        ({"exclusive_minimum": 0, "exclusive_maximum": 2}, 1),
    ],
)
def test_integers_at_their_bounds_pass(rules: dict[str, Any], value: int) -> None:
    """Inclusive bounds include, exclusive ones start right beside."""
    assert value == cleaned(value, kind=Kind.INTEGER, **rules)


@pytest.mark.parametrize("value", [0.1, 5e-324, 1.7976931348623157e308, -1e308])
def test_finite_floats_pass_unchanged(value: float) -> None:
    """No digit is lost."""
    assert value == cleaned(value, kind=Kind.FLOAT)


def test_zero_has_no_sign() -> None:
    """SQLite does not keep it, so no store is given it."""
    assert 1.0 == math.copysign(1.0, cleaned(-0.0, kind=Kind.FLOAT))


def test_a_whole_number_becomes_a_float() -> None:
    """A default declared as 0 is the number that stores give back: 0.0."""
    value = cleaned(0, kind=Kind.FLOAT)
    assert (0.0, float) == (value, type(value))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_refused(value: float) -> None:
    """JSON has no such numbers."""
    assert ("must be a finite number", "range") == broken(value, kind=Kind.FLOAT)


@pytest.mark.parametrize(
    ("rules", "value", "message"),
    [
        ({"minimum": 0.5}, 0.4, "must be at least 0.5"),
        ({"maximum": 0.5}, 0.6, "must be at most 0.5"),
        ({"exclusive_minimum": 0}, 0.0, "must be greater than 0"),
        ({"exclusive_maximum": 40}, 40.0, "must be less than 40"),
        (
            {"exclusive_minimum": 0, "exclusive_maximum": 40},
            41.0,
            "must be greater than 0 and less than 40",
        ),
        ({"minimum": 0, "maximum": 1}, 1.1, "must be between 0 and 1"),
        ({"minimum": 0, "exclusive_maximum": 1}, 1.0, "must be at least 0 and less than 1"),
        ({"minimum": 0}, math.inf, "must be at least 0"),
    ],
)
def test_floats_outside_their_bounds_are_refused(rules: dict[str, Any], value: float, message: str) -> None:
    """The message tells what was declared."""
    assert (message, "range") == broken(value, kind=Kind.FLOAT, **rules)


@pytest.mark.parametrize("value", [0.25, 0.75])
def test_floats_at_their_inclusive_bounds_pass(value: float) -> None:
    """Both bounds are among the allowed numbers."""
    assert value == cleaned(value, kind=Kind.FLOAT, minimum=0.25, maximum=0.75)


@pytest.mark.parametrize("value", [True, False])
def test_booleans_pass(value: bool) -> None:
    """There is no rule about them."""
    assert cleaned(value, kind=Kind.BOOLEAN) is value


def test_a_timestamp_is_turned_into_utc() -> None:
    """The same moment, with no offset; microseconds stay."""
    there = datetime(2000, 1, 1, 3, 0, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    value = cleaned(there, kind=Kind.TIMESTAMP)
    assert (datetime(1999, 12, 31, 21, 30, 0, 1, tzinfo=UTC), UTC) == (value, value.tzinfo)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(9999, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))),
    ],
)
def test_a_timestamp_outside_the_calendar_in_utc_is_refused(moment: datetime) -> None:
    """What has no form in RFC 3339 with a Z cannot be answered."""
    expected = ("must lie between the years 1 and 9999 in UTC", "range")
    assert expected == broken(moment, kind=Kind.TIMESTAMP)


def test_a_choice_is_taken_literally() -> None:
    """Neither case nor white space is forgiven; the message lists what may be chosen."""
    choices = ("motor", "sail")
    assert "sail" == cleaned("sail", kind=Kind.CHOICE, choices=choices)
    for value in ("Sail", " sail", "", "steam"):
        assert ("must be one of motor, sail", "choice") == broken(value, kind=Kind.CHOICE, choices=choices)


def test_each_text_of_a_list_obeys_the_rules_of_texts() -> None:
    """Entries are trimmed; order, repeats and empty texts are kept."""
    assert ["b", "", "a", "b"] == cleaned(["b ", " ", "a", "b"], kind=Kind.TEXT_LIST)


def test_a_list_is_given_back_as_a_list_of_its_own() -> None:
    """What the caller does with his list afterwards cannot change a record."""
    given = ["a"]
    kept = cleaned(given, kind=Kind.TEXT_LIST)
    given.append("b")
    assert ["a"] == kept


@pytest.mark.parametrize(
    ("rules", "value", "expected"),
    [
        ({"max_length": 1}, ["a", "b"], ("must be at most 1 entry", "length")),
        ({"min_length": 1}, [], ("must be at least 1 entry", "length")),
        ({"min_length": 1, "max_length": 2}, [], ("must be between 1 and 2 entries", "length")),
        ({}, ["a", "\0"], ("entry 1 must not contain the character U+0000", "characters")),
        (
            {"entry": Field(name="field", kind=Kind.TEXT, max_length=2)},
            ["a", "b", "ccc"],
            ("entry 2 must be at most 2 characters", "length"),
        ),
    ],
)
def test_a_list_that_breaks_its_rules_is_refused(
    rules: dict[str, Any], value: list[str], expected: tuple[str, str]
) -> None:
    """The message tells which entry, counting from 0 as JSON does."""
    assert expected == broken(value, kind=Kind.TEXT_LIST, **rules)


def test_a_violation_names_the_field_twice() -> None:
    """Its name for machines, and the same in words at the start of the message."""
    field = Field(name="call_sign", kind=Kind.TEXT)
    expected = Violation("call_sign", "Call sign must be at most 3 characters", "length")
    assert expected == violation(field, Broken("must be at most 3 characters", "length"))
