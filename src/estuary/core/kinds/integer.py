"""Whole numbers that every JSON reader keeps exact."""

from typing import Any, ClassVar, Final

from msgspec import inspect as types

from estuary.core.kinds.constraints import MAX_SAFE_INTEGER
from estuary.core.kinds.kind import Broken, Rule, Storage, Stored
from estuary.core.kinds.number import Number
from estuary.core.queries.conditions import Operator

_NOT_WHOLE = "must be a whole number"
_BEYOND: Final = MAX_SAFE_INTEGER + 1
"""The first number that no field holds; every engine takes it."""


class Integer(Number):
    """A whole number within a range."""

    declared_as: ClassVar[type[types.IntType]] = types.IntType
    annotation: ClassVar[str] = "int"
    noun: ClassVar[str] = "a whole number"

    @property
    def wire(self) -> Any:
        """Any number: 2.0 is as whole as 2, and 10**400 is too large rather than no number."""
        return int | float

    @property
    def kept(self) -> Any:
        """An integer."""
        return int

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.INTEGER, self.bounds)

    def comparand(self, value: Any) -> int:
        """Whole, and exact for every JSON reader: no field holds any other number."""
        number = self.compared(Operator.EQ, value)
        if abs(number) == _BEYOND:
            raise Broken(f"must be between {-MAX_SAFE_INTEGER} and {MAX_SAFE_INTEGER}", "range")
        return number

    def compared(self, operator: Operator, value: Any) -> int:  # noqa: ARG002 (the same of all)
        """Whole; of one that no field holds, for it is too large, the first such number."""
        number = value if type(value) is int else super().comparand(value)
        if not -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
            return -_BEYOND if number < 0 else _BEYOND
        if int(number) != number:
            raise Broken(_NOT_WHOLE, "integer")
        return int(number)

    def rule(self) -> Rule:
        """Whole, within its bounds and those of exact doubles."""
        low, high = self.bounds.whole()
        lowest = -MAX_SAFE_INTEGER if low is None else max(low, -MAX_SAFE_INTEGER)
        highest = MAX_SAFE_INTEGER if high is None else min(high, MAX_SAFE_INTEGER)
        between = None if low is None or high is None else f"must be between {lowest} and {highest}"

        def rule(value: Any) -> int:
            # JSON knows numbers alone: 2.0 is as whole as 2 (JSON Schema 2020-12 Core, 4.2.3).
            whole = int(value)
            if whole != value:
                raise Broken(_NOT_WHOLE, "integer")
            if whole < lowest:
                raise Broken(between or f"must be at least {lowest}", "range")
            if whole > highest:
                raise Broken(between or f"must be at most {highest}", "range")
            return whole

        return rule

    def schema(self) -> dict[str, Any]:
        """Bounded by what every JSON reader keeps exact, unless declared tighter."""
        bounds = self.bounds.schema()
        if "exclusiveMinimum" not in bounds:
            bounds.setdefault("minimum", -MAX_SAFE_INTEGER)
        if "exclusiveMaximum" not in bounds:
            bounds.setdefault("maximum", MAX_SAFE_INTEGER)
        return {"type": "integer", "format": "int64"} | bounds

    def check_default(self, value: Any) -> None:
        """Not a float, for a default is used as it stands."""
        if isinstance(value, float):
            raise Broken(_NOT_WHOLE, "integer")
        super().check_default(value)

    def recovered(self, value: Any) -> Any:
        """Convex keeps every number as a float."""
        return int(value) if isinstance(value, float) and value.is_integer() else value
