"""Whole numbers under their rules."""

from typing import Any

import pytest

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER, Range
from estuary.core.kinds.integer import Integer
from tests.unit.core.kinds.checks import broken, cleaned

SAFE = MAX_SAFE_INTEGER


@pytest.mark.parametrize("value", [0, 10, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER])
def test_integers_that_every_json_reader_keeps_pass(value: int) -> None:
    """Without declared bounds, those of exact doubles hold."""
    assert value == cleaned(value, Integer())


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
    assert (message, "range") == broken(value, Integer())


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
    assert (message, "range") == broken(value, Integer(Range(**rules)))


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
    assert value == cleaned(value, Integer(Range(**rules)))
