"""Texts under their rules."""

import re
import sys

import pytest

from estuary.core.kinds.constraints import Lengths
from estuary.core.kinds.text import Text
from tests.unit.core.kinds.checks import broken, cleaned


def test_text_is_trimmed_before_it_is_measured() -> None:
    """White space around a text is neither kept nor counted; inside, it is."""
    assert "a b" == cleaned("\t a b \u2003\n", Text(Lengths(1, 3)))


@pytest.mark.parametrize("value", ["", " ", "x" * 256])
def test_text_outside_its_lengths_is_refused(value: str) -> None:
    """The message has both bounds, the code is the contract's."""
    expected = ("must be between 1 and 255 characters", "length")
    assert expected == broken(value, Text(Lengths(1, 255)))


@pytest.mark.parametrize("length", [1, 255])
def test_text_at_its_bounds_passes(length: int) -> None:
    """Bounds of lengths are inclusive; a character beyond the basic plane counts once."""
    assert "🚢" * length == cleaned("🚢" * length, Text(Lengths(1, 255)))


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
    assert (message, "length") == broken(value, Text(Lengths(low, high)))


def test_an_optional_text_that_is_empty_is_null() -> None:
    """Empty after trimming means null, whatever the least length."""
    assert cleaned("  ", Text(Lengths(3), "^x").nullable()) is None


def test_a_text_without_rules_may_be_empty() -> None:
    """Where null is not allowed, an empty text stays one."""
    assert "" == cleaned(" ", Text())


@pytest.mark.parametrize("value", ["\0", "a\0b", " \0 "])
def test_nul_is_refused_in_texts(value: str) -> None:
    """U+0000 cannot be kept by every store."""
    assert ("must not contain the character U+0000", "characters") == broken(value, Text())


def test_a_pattern_is_searched_for_as_json_schema_does() -> None:
    """A pattern is not anchored unless it says so, and is applied to the trimmed text."""
    assert "ab1" == cleaned(" ab1 ", Text(pattern="b[0-9]"))
    assert ("must match the pattern ^[A-Z]+$", "pattern") == broken("a", Text(pattern="^[A-Z]+$"))


def test_the_schema_knows_the_white_space_that_is_trimmed() -> None:
    """Character by character; no pattern has a class that stands for others in another language."""
    every = [chr(code) for code in range(1, sys.maxunicode + 1)]
    visible = Text(Lengths(1)).accepted()["pattern"]
    hidden = Text(Lengths(1), "x").accepted()["not"]["pattern"]
    empty = Text(Lengths(1), "x").nullable().accepted()["pattern"]
    trimmed = [each for each in every if not each.strip()]
    assert trimmed == [each for each in every if not re.search(visible, each)]
    assert trimmed == [each for each in every if re.search(hidden, each)]
    assert {*trimmed, "x"} == {each for each in every if re.search(empty, each)}
    assert [] == [pattern for pattern in (visible, hidden, empty) if "\\s" in pattern]
