"""Conditions taken apart, and texts as searches compare them."""

import pytest

from estuary.core.queries.conditions import (
    AllOf,
    AnyOf,
    Comparison,
    Not,
    Operator,
    comparisons,
    flattened,
    folded,
)

ONE = Comparison("name", Operator.EQ, "a")
TWO = Comparison("crew", Operator.LT, 2)
THREE = Comparison("note", Operator.NULL, True)


def test_every_comparison_is_found_at_any_depth() -> None:
    """In the order in which they stand there."""
    nested = (AllOf((ONE, Not(AnyOf((TWO, THREE))))), TWO)
    assert [ONE, TWO, THREE, TWO] == list(comparisons(nested))


def test_what_holds_together_is_flattened_and_nothing_else() -> None:
    """`AllOf` adds nothing to conditions all of which hold; what is within `or` and `not` stays there."""
    either, refuted = AnyOf((ONE, TWO)), Not(AllOf((ONE, TWO)))
    assert [ONE, TWO, either, refuted, THREE] == list(
        flattened((ONE, AllOf((TWO, AllOf((either, refuted)))), THREE))
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zebra AZ", "zebra az"),
        ("\u00c4\u00e4", "\u00c4\u00e4"),
        ("\u212a", "\u212a"),
        ("\u0130I", "\u0130i"),
        ("\U0001f30aA", "\U0001f30aa"),
        ("@[`{", "@[`{"),
        ("", ""),
    ],
)
def test_only_ascii_letters_are_folded(text: str, expected: str) -> None:
    """Other letters have cases that engines disagree about: a Kelvin sign is no k."""
    assert expected == folded(text)
