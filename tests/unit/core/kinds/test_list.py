"""Lists of texts under their rules."""

import pytest

from estuary.core.kinds.constraints import Lengths
from estuary.core.kinds.list import List
from estuary.core.kinds.text import Text
from tests.unit.core.kinds.checks import broken, cleaned


def test_each_text_of_a_list_obeys_the_rules_of_texts() -> None:
    """Entries are trimmed; order, repeats and empty texts are kept."""
    assert ["b", "", "a", "b"] == cleaned(["b ", " ", "a", "b"], List(Text()))


def test_a_list_is_given_back_as_a_list_of_its_own() -> None:
    """What the caller does with his list afterwards cannot change a record."""
    given = ["a"]
    kept = cleaned(given, List(Text()))
    given.append("b")
    assert ["a"] == kept


@pytest.mark.parametrize(
    ("tested", "value", "expected"),
    [
        (List(Text(), Lengths(None, 1)), ["a", "b"], ("must be at most 1 entry", "length")),
        (List(Text(), Lengths(1)), [], ("must be at least 1 entry", "length")),
        (List(Text(), Lengths(1, 2)), [], ("must be between 1 and 2 entries", "length")),
        (List(Text()), ["a", "\0"], ("entry 1 must not contain the character U+0000", "characters")),
        (
            List(Text(Lengths(None, 2))),
            ["a", "b", "ccc"],
            ("entry 2 must be at most 2 characters", "length"),
        ),
    ],
)
def test_a_list_that_breaks_its_rules_is_refused(
    tested: List, value: list[str], expected: tuple[str, str]
) -> None:
    """The message names the entry, counting from 0 as JSON does."""
    assert expected == broken(value, tested)
