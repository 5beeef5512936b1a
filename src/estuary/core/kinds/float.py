"""Finite numbers of double precision."""

import math
from typing import Any, ClassVar

from msgspec import inspect as types

from estuary.core.kinds.kind import Broken, Rule, Storage, Stored
from estuary.core.kinds.number import Number


class Float(Number):
    """A number within a range."""

    declared_as: ClassVar[type[types.FloatType]] = types.FloatType
    annotation: ClassVar[str] = "float"
    noun: ClassVar[str] = "a number"

    @property
    def wire(self) -> Any:
        """Any number."""
        return float

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.DOUBLE, self.bounds)

    def comparand(self, value: Any) -> float:
        """Finite: an integer that no double can hold is refused."""
        try:
            number = float(super().comparand(value))
        except OverflowError:
            raise Broken("must be a finite number", "range") from None
        if not math.isfinite(number):
            raise Broken("must be a finite number", "range")
        return number + 0.0

    def rule(self) -> Rule:
        """Finite, and within its bounds."""
        low = -math.inf if self.bounds.minimum is None else self.bounds.minimum
        high = math.inf if self.bounds.maximum is None else self.bounds.maximum
        above = -math.inf if self.bounds.exclusive_minimum is None else self.bounds.exclusive_minimum
        below = math.inf if self.bounds.exclusive_maximum is None else self.bounds.exclusive_maximum
        wording = self.bounds.wording()

        def rule(value: float) -> float:
            # Infinity (from a default, say) lies outside every open bound, and so does what is no number.
            if not (low <= value <= high and above < value < below):
                raise Broken(wording, "range")
            # Zero loses its sign, which not every engine keeps, and a default declared as 0 becomes 0.0.
            return value + 0.0

        return rule

    def schema(self) -> dict[str, Any]:
        """A number within its bounds."""
        return {"type": "number", "format": "double"} | self.bounds.schema()
