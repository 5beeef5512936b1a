"""Constraints that messages, JSON Schema and SQL all can express: a closed set."""

import math
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact (RFC 8259, section 6)."""
MAX_DIGITS: Final = 18
"""The most digits of a decimal number: as many as fit into 64 bits."""


class Lengths(NamedTuple):
    """How many characters a text, or entries a list, has at least and at most."""

    least: int | None = None
    most: int | None = None

    def wording(self, unit: str, units: str) -> str:
        """The message for a value outside these."""
        low, high = self.least or 0, self.most
        if high is None:
            return f"must be at least {_counted(low, unit, units)}"
        if low == 0:
            return f"must be at most {_counted(high, unit, units)}"
        if low == high:
            return f"must be exactly {_counted(low, unit, units)}"
        return f"must be between {low} and {high} {units}"

    def schema(self, least: str, most: str) -> dict[str, Any]:
        """These in JSON Schema, under its names for them."""
        return _given({least: self.least, most: self.most})


class Range(NamedTuple):
    """Between which numbers a number lies; bounds are inclusive unless their name says otherwise."""

    minimum: int | float | None = None
    maximum: int | float | None = None
    exclusive_minimum: int | float | None = None
    exclusive_maximum: int | float | None = None

    def wording(self) -> str:
        """The message for a value outside it."""
        if self.minimum is not None and self.maximum is not None:
            return f"must be between {self.minimum} and {self.maximum}"
        bounds = (
            ("at least", self.minimum),
            ("greater than", self.exclusive_minimum),
            ("at most", self.maximum),
            ("less than", self.exclusive_maximum),
        )
        parts = [f"{words} {bound}" for words, bound in bounds if bound is not None]
        return f"must be {' and '.join(parts)}" if parts else "must be a finite number"

    def whole(self) -> tuple[int | None, int | None]:
        """The least and the greatest whole number in it; msgspec lets integers have whole bounds only."""
        above = None if self.exclusive_minimum is None else math.floor(self.exclusive_minimum) + 1
        below = None if self.exclusive_maximum is None else math.ceil(self.exclusive_maximum) - 1
        lowest = [int(bound) for bound in (self.minimum, above) if bound is not None]
        highest = [int(bound) for bound in (self.maximum, below) if bound is not None]
        return max(lowest, default=None), min(highest, default=None)

    def schema(self) -> dict[str, Any]:
        """It in JSON Schema."""
        return _given(
            {
                "minimum": self.minimum,
                "maximum": self.maximum,
                "exclusiveMinimum": self.exclusive_minimum,
                "exclusiveMaximum": self.exclusive_maximum,
            }
        )


class Precision(NamedTuple):
    """How many digits a decimal number has, how many of them after the point, and its inclusive bounds."""

    digits: int
    places: int
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def wording(self) -> str:
        """The message for a number outside its bounds."""
        if self.minimum is None and self.maximum is None:
            return "must be a finite number"
        if self.minimum is not None and self.maximum is not None:
            return f"must be between {self.minimum:f} and {self.maximum:f}"
        return (
            f"must be at most {self.maximum:f}"
            if self.minimum is None
            else f"must be at least {self.minimum:f}"
        )


ANY_LENGTH: Final = Lengths()
ANY_NUMBER: Final = Range()


class OneOf(NamedTuple):
    """The only texts that there can be."""

    texts: tuple[str, ...]


Constraint: TypeAlias = Lengths | Range | Precision | OneOf


def _counted(number: int, unit: str, units: str) -> str:
    return f"{number} {unit if number == 1 else units}"


def _given(bounds: dict[str, Any]) -> dict[str, Any]:
    return {name: bound for name, bound in bounds.items() if bound is not None}
