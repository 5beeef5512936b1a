"""Numbers under their rules."""

import math
from typing import Any

import pytest

from estuary.core.kinds.constraints import Range
from estuary.core.kinds.float import Float
from tests.unit.core.kinds.checks import broken, cleaned


@pytest.mark.parametrize("value", [0.1, 5e-324, 1.7976931348623157e308, -1e308])
def test_finite_floats_pass_unchanged(value: float) -> None:
    """No digit is lost."""
    assert value == cleaned(value, Float())


def test_zero_has_no_sign() -> None:
    """SQLite does not keep it, so no store is given it."""
    assert 1.0 == math.copysign(1.0, cleaned(-0.0, Float()))


def test_a_whole_number_becomes_a_float() -> None:
    """A default declared as 0 is the number that stores give back: 0.0."""
    value = cleaned(0, Float())
    assert (0.0, float) == (value, type(value))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_refused(value: float) -> None:
    """JSON has no such numbers."""
    assert ("must be a finite number", "range") == broken(value, Float())


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
    """The message says what was declared."""
    assert (message, "range") == broken(value, Float(Range(**rules)))


@pytest.mark.parametrize("value", [0.25, 0.75])
def test_floats_at_their_inclusive_bounds_pass(value: float) -> None:
    """Both bounds are among the allowed numbers."""
    assert value == cleaned(value, Float(Range(0.25, 0.75)))
