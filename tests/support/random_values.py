"""Values of every kind of field as chance makes them, each as clients see it, and what it is to Python.

What a value is, and how two compare, is written here from what is promised to clients, and uses nothing of
how Estuary reads, writes or compares.
"""

import random
import string
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, get_args
from uuid import UUID

from msgspec import Meta, Struct, defstruct, field

from estuary import Digits, Index, Ref, Resource
from estuary.core.kinds.boolean import Boolean
from estuary.core.kinds.choice import Choice
from estuary.core.kinds.date import Date
from estuary.core.kinds.decimal import FixedPoint
from estuary.core.kinds.float import Float
from estuary.core.kinds.integer import Integer
from estuary.core.kinds.kind import Kind
from estuary.core.kinds.list import List
from estuary.core.kinds.nested import Nested
from estuary.core.kinds.object import Object
from estuary.core.kinds.reference import Reference
from estuary.core.kinds.text import Text
from estuary.core.kinds.timestamp import Timestamp
from estuary.core.kinds.uuid import Uuid
from tests.support.values import TEXTS

_LARGEST = 2**53 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

Chance = random.Random
Side = Literal["port", "starboard", "Ahead", "\u00e4"]


class Values(NamedTuple):
    """The values of one declared type, as JSON has them.

    `edges` come first, then as many as are wanted of `random`. `read` makes of one what Python orders as
    clients are promised. `more` are values that no field of the type holds, and that queries may compare
    with all the same. `entry` are the values of which a list has several.
    """

    kind: type[Kind]
    annotation: Any
    edges: Sequence[Any]
    random: Callable[[Chance], Any]
    read: Callable[[Any], Any]
    more: Callable[[Chance], Any] | None = None
    entry: "Values | None" = None


def _same(value: Any) -> Any:
    return value


def _of_any_size(chance: Chance, largest: int) -> int:
    """A whole number up to so much, of any number of bits."""
    return chance.choice((-1, 1)) * min(
        chance.getrandbits(chance.randint(1, largest.bit_length())), largest
    )


def _float(chance: Chance) -> float:
    """Any finite double, for each pattern of bits is as likely, or one with few digits."""
    if chance.random() < 0.3:
        return round(chance.uniform(-100, 100), chance.randint(0, 3)) + 0.0
    (number,) = struct.unpack("<d", chance.randbytes(8))
    return number + 0.0 if number - number == 0 else _float(chance)


def _text(chance: Chance) -> str:
    """Up to 20 characters from all of Unicode, of few scripts, or of such as queries give a meaning."""
    alphabet = chance.choice((string.printable, "aAbB%_*\\", "\u00e4\u00c4\u0130\u1e9e\u212a", ""))
    length = chance.randint(0, 20)
    found = (
        chance.choice(alphabet) if alphabet else chr(chance.randint(1, 0x10FFFF)) for _ in range(length)
    )
    return "".join(each for each in found if not "\ud800" <= each <= "\udfff").strip()


def _decimal(digits: int, places: int) -> Callable[[Chance], str]:
    return lambda chance: _written(_of_any_size(chance, 10**digits - 1), places)


def _written(units: int, places: int) -> str:
    """A number of such units of the last place."""
    whole, rest = divmod(abs(units), 10**places)
    after = f".{rest:0{places}}" if places else ""
    return f"{'-' if units < 0 else ''}{whole}{after}"


def _beyond_digits(chance: Chance) -> str:
    """A number with more digits than a field has room for, before the point or after it."""
    units = _of_any_size(chance, 10 ** chance.choice((20, 40)))
    return _written(units, chance.randint(0, 25))


def _decimals(digits: int, places: int) -> Values:
    most = 10**digits - 1
    edges = [_written(units, places) for units in (0, 1, -1, most, -most, most - 1, 10 ** (digits - 1))]
    annotation = Annotated[Decimal, Digits(digits, places)]
    return Values(FixedPoint, annotation, edges, _decimal(digits, places), Decimal, _beyond_digits)


def _moment(value: datetime) -> str:
    return value.strftime(f"{value.year:04}-%m-%dT%H:%M:%S.%fZ")


def _random_moment(chance: Chance) -> str:
    """One between the years 1 and 9999, or close to another."""
    if chance.random() < 0.2:
        return _moment(_EPOCH + timedelta(microseconds=chance.randint(-3, 3)))
    microseconds = (_LAST - _FIRST) // timedelta(microseconds=1)
    return _moment(_FIRST + timedelta(microseconds=chance.randint(0, microseconds)))


def _random_day(chance: Chance) -> str:
    return date.fromordinal(chance.randint(1, date.max.toordinal())).isoformat()


def _uuid(chance: Chance) -> str:
    return str(UUID(int=chance.getrandbits(128)))


def one_of(values: Values, chance: Chance) -> Any:
    """A value of these, an edge now and then."""
    return chance.choice(values.edges) if values.edges and chance.random() < 0.3 else values.random(chance)


def _lists_of(entry: Values) -> Values:
    def some(chance: Chance) -> list[Any]:
        return [one_of(entry, chance) for _ in range(chance.randint(0, 4))]

    def read(values: list[Any]) -> list[Any]:
        return [entry.read(value) for value in values]

    return Values(List, list[entry.annotation], [[], [*entry.edges]], some, read, entry=entry)  # type: ignore[name-defined]  # a type at run time


def _json(chance: Chance, depth: int = 3) -> Any:
    """Anything that an object can hold: numbers of both kinds, texts, literals, lists, objects."""
    makers: list[Callable[[Chance], Any]] = [
        lambda chance: _of_any_size(chance, 2**200),
        _float,
        _text,
        lambda chance: chance.choice((None, True, False, -0.0, 0, 1, 1.0, "", "0")),
    ]
    if depth:
        makers += [
            lambda chance: [_json(chance, depth - 1) for _ in range(chance.randint(0, 3))],
            lambda chance: {_text(chance): _json(chance, depth - 1) for _ in range(chance.randint(0, 3))},
        ]
    return chance.choice(makers)(chance)


class Part(Struct, frozen=True, kw_only=True):
    """A value within a record, with a field of most kinds."""

    text: str
    number: int
    share: float
    amount: Annotated[Decimal, Digits(18, 9)]
    flag: bool
    at: datetime
    day: date
    key: UUID
    side: Side
    days: list[date]
    note: Annotated[str, Meta(max_length=40)] | None = None


def _part(chance: Chance) -> dict[str, Any]:
    by_kind: dict[Any, Values] = {
        values.kind: values for values in SCALARS if values.kind is not FixedPoint
    }
    by_kind |= {"amount": _decimals(18, 9), "days": _lists_of(by_kind[Date])}
    made = {
        name: one_of(by_kind[kind], chance)
        for name, kind in (
            *(("text", Text), ("number", Integer), ("share", Float), ("amount", "amount")),
            *(("flag", Boolean), ("at", Timestamp), ("day", Date), ("key", Uuid), ("side", Choice)),
            ("days", "days"),
        )
    }
    return made | {"note": chance.choice((None, "note", "\U0001f30a"))}


SCALARS = (
    Values(
        Text,
        Annotated[str, Meta(max_length=60)],
        [
            "",
            "a",
            "A",
            " ".join("ab"),
            "\uffee",
            "\U0001f30a" * 40,
            *(text[:60].strip() for text in TEXTS.values()),
        ],
        _text,
        _same,
        lambda chance: f" {_text(chance)} "[: chance.randint(1, 9)] + "x" * 60,
    ),
    Values(
        Integer,
        int,
        [0, 1, -1, _LARGEST, -_LARGEST, _LARGEST - 1, 2**31, -(2**31), 2**32, 2**52],
        lambda chance: _of_any_size(chance, _LARGEST),
        _same,
        lambda chance: _of_any_size(chance, 2**200) + chance.choice((-1, 1)) * 2**53,
    ),
    Values(
        Float,
        float,
        [0.0, 1.0, -1.0, 0.1, 1.7976931348623157e308, -1e308, 5e-324, -5e-324, 9007199254740993.0, 3.0],
        _float,
        _same,
    ),
    _decimals(18, 9),
    _decimals(12, 2),
    _decimals(18, 0),
    _decimals(18, 18),
    _decimals(1, 0),
    Values(Boolean, bool, [True, False], lambda chance: chance.random() < 0.5, _same),
    Values(
        Timestamp,
        datetime,
        [
            *map(_moment, (_FIRST, _LAST, _EPOCH)),
            "2024-02-29T23:59:59.999999Z",
            "0999-12-31T00:00:00.000000Z",
        ],
        _random_moment,
        datetime.fromisoformat,
    ),
    Values(
        Date,
        date,
        ["0001-01-01", "9999-12-31", "1970-01-01", "2024-02-29", "0999-12-31", "1582-10-10", "1900-02-28"],
        _random_day,
        date.fromisoformat,
    ),
    Values(
        Uuid,
        UUID,
        [str(UUID(int=number)) for number in (0, 1, 2**127, 2**128 - 1, 9 << 120, 10 << 120)],
        _uuid,
        UUID,
    ),
    Values(
        Choice,
        Side,
        get_args(Side),
        lambda chance: chance.choice(get_args(Side)),
        _same,
    ),
)
"""Of all kinds that have an order: of one a list can be made, and indexes."""

REFERENCED = [str(UUID(int=number)) for number in range(20)]
"""The ids of some records of the first resource, which others refer to."""

OTHERS = (
    *map(_lists_of, SCALARS),
    Values(
        Reference,
        Annotated[str, Ref("kind_0")],
        REFERENCED[:3],
        lambda chance: chance.choice(REFERENCED),
        _same,
        _uuid,
    ),
    Values(Nested, Part, [], _part, _same),
    Values(
        Object,
        dict[str, Any],
        [
            {},
            {"a": 2**1023, "": -0.0, "$id": [1, 1.0, True]},
            {"b": 1, "a": {"1": {"2": {"3": {"4": {}}}}}},
        ],
        lambda chance: {_text(chance): _json(chance) for _ in range(chance.randint(0, 4))},
        _same,
    ),
)
"""Of the other kinds: values that hold several, and references, which have their index by themselves."""


def declared(values: Values, number: int) -> Resource:
    """The resource `kind_N` of these values.

    Its field `value` has an index where there can be one; `maybe` may be null and has none.
    """
    annotation = Annotated[values.annotation, Index] if values in SCALARS else values.annotation
    maybe: Any = values.annotation | None
    fields: list[Any] = [("value", annotation), ("maybe", maybe, field(default=None))]
    return Resource(f"kind_{number}", defstruct(f"Kind{number}", fields, frozen=True, kw_only=True))


DECLARED = {
    resource.name: (resource, values)
    for number, values in enumerate((*SCALARS, *OTHERS))
    for resource in (declared(values, number),)
}
"""A resource for each declared type, by name, with its values."""
