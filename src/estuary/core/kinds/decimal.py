"""Decimal numbers with a fixed number of places: amounts of money, measures, rates."""

import re
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.constraints import MAX_DIGITS, Precision
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Conversion, Kind, Rule, Storage, Stored, Unservable
from estuary.core.markers import Bound, Digits, Marker, markers_of
from estuary.core.queries.conditions import ORDERED, Operator

_NOTATION: Final = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?\Z"
_MALFORMED: Final = "must be a number in decimal notation, such as 12.30"
_PLAIN_PLACES: Final = 6
"""With more, Python writes small numbers with an exponent."""

_KEPT_PLACES: Final = MAX_DIGITS
_KEPT_LENGTH: Final = 1 + MAX_DIGITS + 1 + _KEPT_PLACES
_KEPT_ZERO: Final = 10 ** (MAX_DIGITS + _KEPT_PLACES)


class FixedPoint(Kind):
    """A number of so many decimal digits: a text in JSON, whose numbers are doubles to most readers."""

    annotation: ClassVar[str] = "Annotated[Decimal, Digits(12, 2)]"
    noun: ClassVar[str] = "a decimal number as a text"
    unquoted: ClassVar[bool] = True
    takes: ClassVar[tuple[type[Marker], ...]] = (Digits,)

    def __init__(self, precision: Precision) -> None:
        self.precision: Final = precision
        self._exact: Final = _parser(precision)

    @classmethod
    def of(cls, declared: Declared) -> "FixedPoint | None":
        """`Decimal` with its `Digits`."""
        if not isinstance(declared.type, types.DecimalType):
            return None
        digits = [marker for marker in markers_of(declared.annotation) if isinstance(marker, Digits)]
        if len(digits) != 1:
            raise Unservable("say once how many digits it has: Annotated[Decimal, Digits(12, 2)]")
        return cls(_precision(digits[0]))

    @property
    def rules(self) -> tuple[Any, ...]:
        """Its digits and its bounds."""
        return (self.precision,)

    @property
    def wire(self) -> Any:
        """A string of digits: what a JSON number is when it has been read may not be what was sent."""
        return Annotated[str, msgspec.Meta(pattern=_NOTATION)]

    @property
    def kept(self) -> Any:
        """Exact."""
        return Decimal

    @property
    def written(self) -> Conversion | None:
        """Never with an exponent."""
        return _positional if self.precision.places > _PLAIN_PLACES else None

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.DECIMAL, self.precision)

    @property
    def document(self) -> Stored:
        """A text that is ordered as the number is, whatever number of places is declared."""
        return Stored(Storage.TEXT, None, _sortable, self._from_sortable)

    @property
    def operators(self) -> frozenset[Operator]:
        """Numbers have an order."""
        return ORDERED

    def comparand(self, value: Any) -> Decimal:
        """A number of so many digits: no field holds any other."""
        if not isinstance(value, str):
            raise self.mistyped()
        return self._exact(value)

    def compared(self, operator: Operator, value: Any) -> Decimal:
        """For more digits, the neighbour that gives the same answer: every engine can keep that."""
        if not isinstance(value, str):
            raise self.mistyped()
        return _neighbour(operator, value, self.precision)

    def malformed(self, text: str) -> Broken:  # noqa: ARG002 (nothing else can be wrong with it)
        """The notation that is wanted."""
        return Broken(_MALFORMED, "type")

    def rule(self) -> Rule:
        """So many digits, and within its bounds; "12.3" becomes "12.30"."""
        low, high = self.precision.minimum, self.precision.maximum
        wording = self.precision.wording()
        exact = self._exact

        def rule(value: str | Decimal) -> Decimal:
            number = exact(value if isinstance(value, str) else _positional(value))
            if (low is not None and number < low) or (high is not None and number > high):
                raise Broken(wording, "range")
            return number

        return rule

    def schema(self) -> dict[str, Any]:
        """A text of digits, with the sign that its bounds leave; a pattern cannot say more of them."""
        whole, places = self.precision.digits - self.precision.places, self.precision.places
        before = f"(0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "0"
        after = f"(\\.[0-9]{{1,{places}}})?" if places else ""
        return {"type": "string", "format": "decimal", "pattern": f"^{self._sign()}{before}{after}$"}

    def accepted(self) -> dict[str, Any]:
        """No negative zero, either."""
        return self.schema() | {"not": {"type": "string", "pattern": "^-0(\\.0+)?$"}}

    def _sign(self) -> str:
        low, high = self.precision.minimum, self.precision.maximum
        if low is not None and low >= 0:
            return ""
        return "-" if high is not None and high < 0 else "-?"

    def check_default(self, value: Any) -> None:
        """A `Decimal`: what a float stands for may not be what was written."""
        if not isinstance(value, Decimal) or not value.is_finite():
            raise Broken("must be a finite Decimal", "type")
        written, whole = _positional(value), _positional(self.rule()(value))
        if written != whole:
            raise Broken(f"must be written with all its places: {whole}", "digits")

    def recovered(self, value: Any) -> Any:
        """SQLite keeps units of the last place, PostgreSQL a number, Convex a text of fixed width."""
        if isinstance(value, int):
            return _positional(Decimal(value).scaleb(-self.precision.places))
        if isinstance(value, str) and len(value) == _KEPT_LENGTH:
            return _positional(self._from_sortable(value))
        return _positional(Decimal(value)) if isinstance(value, str) else value

    def _from_sortable(self, text: str) -> Decimal:
        """The inverse of `_sortable`, with as many places as are declared, or as the number needs."""
        units = int(text.replace(".", "")) - _KEPT_ZERO
        spare = _KEPT_PLACES - self.precision.places
        while units % 10**spare:
            spare -= 1
        return Decimal(units // 10**spare).scaleb(spare - _KEPT_PLACES)


def _parser(precision: Precision) -> Callable[[str], Decimal]:
    """A function that reads a text as a number with all its places."""
    digits, places = precision.digits, precision.places
    whole = digits - places
    unit = Decimal(1).scaleb(-places)
    match = re.compile(_NOTATION).match
    wording = f"must have no more digits than {whole} before the decimal point and {places} after it"

    def exact(text: str) -> Decimal:
        before, after = _parts(match(text))
        if _is_beyond(before, whole) or len(after) > places:
            raise Broken(wording, "digits")
        if text.startswith("-") and not text.strip("-0."):
            raise Broken("must not be a negative zero", "decimal")
        return Decimal(text).quantize(unit)

    return exact


def _neighbour(operator: Operator, text: str, precision: Precision) -> Decimal:
    """A number with the declared places that compares with all of them by `operator` as `text` does.

    Beyond the declared digits it is the first number that has more of them, which no field holds: it equals
    nothing, and lies on the same side of everything as `text`.
    """
    before, after = _parts(re.match(_NOTATION, text))
    whole, places = precision.digits - precision.places, precision.places
    unit, sign = Decimal(1).scaleb(-places), "-" if text.startswith("-") else ""
    beyond = Decimal(f"{sign}1").scaleb(whole).quantize(unit)
    if _is_beyond(before, whole):
        return beyond
    inner = Decimal(f"{sign}{before}.{after[:places]}").quantize(unit) + 0  # a zero loses its sign
    if not after[places:].strip("0"):
        return inner
    outer = inner + Decimal(f"{sign}1").scaleb(-places)
    match operator:
        case Operator.LT | Operator.GTE:
            return max(inner, outer)
        case Operator.LTE | Operator.GT:
            return min(inner, outer)
        case _:
            return beyond


def _parts(number: re.Match[str] | None) -> tuple[str, str]:
    """The digits before and after the decimal point; raises `Broken` where that is no number."""
    if number is None:
        raise Broken(_MALFORMED, "type")
    before, after = number.groups()
    return before, (after or ".")[1:]


def _is_beyond(before: str, whole: int) -> bool:
    """Whether so many digits before the point have no room; a single 0 is no digit of the number's."""
    return len(before) > max(whole, 1) or (whole == 0 and before != "0")


def _positional(number: Decimal) -> str:
    return format(number, "f")


def _sortable(number: Decimal) -> str:
    """`number` as a text of fixed width: 10 to the power of 18 is added, so that none is negative."""
    shifted = str(int(number.scaleb(_KEPT_PLACES)) + _KEPT_ZERO).zfill(_KEPT_LENGTH - 1)
    return f"{shifted[:-_KEPT_PLACES]}.{shifted[-_KEPT_PLACES:]}"


def _precision(declared: Digits) -> Precision:
    """The declared precision, its bounds as values that the field can have; raises `Unservable`."""
    digits, places = declared.digits, declared.places
    if not (1 <= digits <= MAX_DIGITS and 0 <= places <= digits):
        raise Unservable(
            f"Digits({digits}, {places}): give the number of all digits, 1 to {MAX_DIGITS}, "
            "and how many of them stand after the decimal point"
        )
    unit = Decimal(1).scaleb(-places)
    try:
        low = _innermost(declared.ge, declared.gt, unit, ROUND_CEILING, max)
        high = _innermost(declared.le, declared.lt, -unit, ROUND_FLOOR, min)
    except InvalidOperation:
        raise Unservable(
            f"Digits({digits}, {places}): a bound has too many digits, or is no number"
        ) from None
    if low is not None and high is not None and low > high:
        raise Unservable(f"Digits({digits}, {places}): no number lies within its bounds")
    return Precision(digits, places, low, high)


def _innermost(
    inclusive: Bound, exclusive: Bound, step: Decimal, rounding: str, inner: Callable[..., Decimal]
) -> Decimal | None:
    """The first value from a bound on inwards; `step` leads inwards, and `rounding` goes that way."""
    found = []
    if inclusive is not None:
        found.append(Decimal(inclusive).quantize(abs(step), rounding))
    if exclusive is not None:
        nearest = Decimal(exclusive).quantize(abs(step), rounding)
        found.append(nearest + step if nearest == Decimal(exclusive) else nearest)
    return inner(found) if found else None
