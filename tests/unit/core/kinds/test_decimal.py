"""Decimal numbers under their rules."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from operator import eq, ge, gt, le, lt, ne
from random import Random
from typing import Annotated, Any

import msgspec
import pytest

from estuary.core.kinds.constraints import Precision
from estuary.core.kinds.decimal import FixedPoint
from estuary.core.kinds.kind import Broken
from estuary.core.markers import Digits
from estuary.core.queries.conditions import Operator
from estuary.core.resource import DeclarationError, Resource
from tests.unit.core.kinds.checks import broken, cleaned

PRICE = FixedPoint(Precision(12, 2))
NOTATION = "must be a number in decimal notation, such as 12.30"
NO_ROOM = "must have no more digits than 10 before the decimal point and 2 after it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.3", "12.30"),
        ("12", "12.00"),
        ("0", "0.00"),
        ("-0.01", "-0.01"),
        ("9999999999.99", "9999999999.99"),
        ("-9999999999.99", "-9999999999.99"),
    ],
)
def test_a_decimal_has_all_its_places(text: str, expected: str) -> None:
    """However many of them were written; what was cleaned passes unchanged."""
    value = cleaned(text, PRICE)
    assert expected == str(value) == str(cleaned(value, PRICE))
    assert value == PRICE.comparand(text)


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        ("10000000000", NO_ROOM, "digits"),
        ("0.001", NO_ROOM, "digits"),
        ("1.000", NO_ROOM, "digits"),
        ("-0", "must not be a negative zero", "decimal"),
        ("-0.00", "must not be a negative zero", "decimal"),
        ("1" * 100_000, NO_ROOM, "digits"),
        *(
            (text, NOTATION, "type")
            for text in (
                *("", " 1", "1 ", "+1", "01", "1.", ".5", "1e3", "1E3", "1_000", "1,5", "--1", "0x1"),
                *("NaN", "nan", "Infinity", "-Infinity", "sNaN", "\u0661", "1\n", "1\0"),
            )
        ),
    ],
)
def test_what_is_no_such_number_is_refused(text: str, message: str, code: str) -> None:
    """Python's `Decimal` would take much of it; the schema that clients are given says the same.

    What is no decimal number is of the wrong type, as a date is that is none.
    """
    assert (message, code) == broken(text, PRICE)
    if code == "type":
        assert (message, code) == (PRICE.malformed(text).message, PRICE.malformed(text).code)
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(msgspec.json.encode(text), type=PRICE.wire)
    else:
        assert text == msgspec.json.decode(msgspec.json.encode(text), type=PRICE.wire)
    schema = PRICE.accepted()
    assert re.search(schema["not"]["pattern"], text) or not re.search(f"{schema['pattern'][:-1]}\\Z", text)


@pytest.mark.parametrize(
    ("low", "high", "matched"),
    [
        ("0", None, ["1"]),
        ("2", "3", ["1"]),
        (None, "-1", ["-1"]),
        (None, "0", ["1", "-1"]),
        ("-1", None, ["1", "-1"]),
    ],
)
def test_the_schema_has_the_sign_that_the_bounds_leave(
    low: str | None, high: str | None, matched: list[str]
) -> None:
    """What lies on the wrong side of zero is no valid text, in JSON Schema either."""
    bounds = [None if bound is None else Decimal(bound) for bound in (low, high)]
    pattern = FixedPoint(Precision(12, 2, *bounds)).accepted()["pattern"]
    assert matched == [text for text in ("1", "-1") if re.search(pattern, text)]


_COMPARED: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.EQ: eq,
    Operator.NE: ne,
    Operator.LT: lt,
    Operator.LTE: le,
    Operator.GT: gt,
    Operator.GTE: ge,
    Operator.HAS: eq,
}


@pytest.mark.parametrize("precision", [Precision(3, 1), Precision(2, 2), Precision(2, 0)], ids=repr)
@pytest.mark.parametrize(
    "text",
    [
        *("0", "-0", "0.0", "0.04", "-0.04", "0.05", "-0.05", "1.5000", "0.9999", "-0.9999", "0.991"),
        *(
            "99",
            "99.94",
            "99.96",
            "-99.96",
            "100",
            "-100",
            "1" + "0" * 400,
            "-1" + "0" * 400,
            "0." + "0" * 50,
        ),
    ],
)
def test_a_query_compares_with_any_number(text: str, precision: Precision) -> None:
    """With more digits than a field has room for, the answers are those of the number that was written."""
    most = 10**precision.digits - 1
    values = [Decimal(units).scaleb(-precision.places) for units in range(-most, most + 1)]
    for operator, holds in _COMPARED.items():
        compared = FixedPoint(precision).compared(operator, text)
        expected = [value for value in values if holds(value, Decimal(text))]
        assert expected == [value for value in values if holds(value, compared)], operator
        assert -precision.places == compared.as_tuple().exponent
        assert not (compared.is_zero() and compared.is_signed())


@pytest.mark.parametrize("value", [12.5, 12, True, ["1"]], ids=repr)
def test_a_query_gives_it_as_a_text(value: Any) -> None:
    """As a body does: no number of JSON is exact for all who read it."""
    for read in (PRICE.comparand, partial(PRICE.compared, Operator.EQ)):
        with pytest.raises(Broken, match="must be a decimal number as a text"):
            read(value)


@pytest.mark.parametrize(
    ("bounds", "inside", "outside", "message"),
    [
        ({"ge": 0}, "0", "-0.01", "must be at least 0.00"),
        ({"gt": 0}, "0.01", "0", "must be at least 0.01"),
        ({"gt": "0.005"}, "0.01", "0", "must be at least 0.01"),
        ({"le": Decimal("1.50")}, "1.5", "1.51", "must be at most 1.50"),
        ({"lt": "1.50"}, "1.49", "1.5", "must be at most 1.49"),
        ({"ge": "0.1", "lt": 1}, "0.99", "1", "must be between 0.10 and 0.99"),
        ({"ge": 1, "gt": 2}, "2.01", "2", "must be at least 2.01"),
    ],
)
def test_bounds_are_values_that_the_field_can_have(
    bounds: Mapping[str, Any], inside: str, outside: str, message: str
) -> None:
    """The first ones within what was declared."""
    (field,) = _declared(Annotated[Decimal, Digits(12, 2, **bounds)]).fields
    assert Decimal(inside) == cleaned(inside, field.kind)
    assert (message, "range") == broken(outside, field.kind)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Decimal, "say once how many digits it has"),
        (Annotated[Decimal, Digits], r"Digits\(0, 0\): give the number of all digits, 1 to 18"),
        (Annotated[Decimal, Digits(19, 2)], r"Digits\(19, 2\): give the number of all digits"),
        (Annotated[Decimal, Digits(2, 3)], r"Digits\(2, 3\): give the number of all digits"),
        (Annotated[Decimal, Digits(2, -1)], r"Digits\(2, -1\): give the number of all digits"),
        (Annotated[Decimal, Digits(2, 1), Digits(3, 1)], "say once how many digits"),
        (Annotated[Decimal, Digits(4, 2, gt=1, lt="1.01")], "no number lies within its bounds"),
        (Annotated[Decimal, Digits(4, 2, ge="much")], "a bound has too many digits, or is no number"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(annotation: Any, message: str) -> None:
    """At start-up, with the field's name."""
    with pytest.raises(DeclarationError, match=f"field 'value'.*{message}"):
        _declared(annotation)


@pytest.mark.parametrize(
    "default", [1.5, "1.50", 1, Decimal("NaN"), Decimal("1.234"), Decimal(1)], ids=repr
)
def test_a_default_is_a_decimal_that_fits(default: Any) -> None:
    """What a float stands for is not always what was written."""
    with pytest.raises(DeclarationError, match="field 'value' has the default"):
        _declared(Annotated[Decimal, Digits(12, 2)], default)


@pytest.mark.parametrize("places", [0, 2, 6, 7, 18])
def test_no_exponent_is_ever_written(places: int) -> None:
    """As Python writes small numbers with many places."""
    kind = FixedPoint(Precision(18, places))
    for text in ("0", "1" if places < 18 else "0.1", f"0.{'0' * (places - 1)}1" if places else "1"):
        value = cleaned(text, kind)
        written = value if kind.written is None else kind.written(value)
        assert re.search(kind.schema()["pattern"], msgspec.json.decode(msgspec.json.encode(written)))


def test_documents_order_it_as_a_number() -> None:
    """As texts, whatever number of places is declared; and they give it back."""
    chance = Random(7)  # noqa: S311 (numbers for a test)
    numbers = []
    for places in (0, 2, 9, 18):
        kind = FixedPoint(Precision(18, places))
        most = 10**18 - 1
        for units in (-most, -1, 0, 1, most, *(chance.randint(-most, most) for _ in range(50))):
            number = Decimal(units).scaleb(-places)
            kept = kind.document.encode(number) if kind.document.encode else ""
            assert str(number) == str(kind.document.decode(kept) if kind.document.decode else None)
            numbers.append((kept, number))
    assert sorted(numbers) == sorted(numbers, key=lambda pair: (pair[1], pair[0]))
    assert 1 == len({len(kept) for kept, _ in numbers})


@pytest.mark.parametrize("kept", [1230, "12.30", Decimal("12.3"), "1000000000000000012.300000000000000000"])
def test_a_row_of_an_undeclared_table_becomes_a_value(kept: Any) -> None:
    """Whichever engine it is from."""
    assert Decimal("12.30") == cleaned(PRICE.recovered(kept), PRICE)


def _declared(annotation: Any, *default: Any) -> Resource:
    return Resource("things", msgspec.defstruct("Thing", [("value", annotation, *default)], frozen=True))
