"""Column types for declared fields: what each engine keeps, and how values get there and back."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, assert_never
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, JSON, REAL, BigInteger, Boolean, Double, Integer, Numeric, Text
from sqlalchemy import Date as DateType
from sqlalchemy import Uuid as UuidType
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from estuary.core.kinds.constraints import MAX_DIGITS, Precision
from estuary.core.kinds.kind import Storage, Stored
from estuary.core.moments import from_microseconds, to_microseconds

Conversion = Callable[[Any], Any]
"""Turns one value that is not null into another; None stands for "leave it as it is"."""

# STRICT tables know SQLite's 64-bit integer under this name alone.
LONG = BigInteger().with_variant(Integer(), "sqlite")
# Ordered by code point, whatever language a PostgreSQL database speaks; SQLite knows no other order.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")


class Number(TypeDecorator[float]):
    """A double-precision number."""

    impl = Double
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A STRICT table knows it as REAL."""
        return REAL() if dialect.name == "sqlite" else Double()

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """SQLite keeps a whole REAL as an integer, and RETURNING gives it back as one."""
        return float if dialect.name == "sqlite" else None

    def bind_processor(self, dialect: Dialect) -> None:
        """A driver takes a float."""


class Flag(TypeDecorator[bool]):
    """True or false: the engine's own boolean, or 0 and 1 where it has none."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """A STRICT table refuses the type name BOOLEAN."""
        return Boolean() if dialect.supports_native_boolean else Integer()

    def bind_processor(self, dialect: Dialect) -> None:
        """A Python bool is an integer already."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """0 and 1 become false and true."""
        return None if dialect.supports_native_boolean else bool


class Decimals(TypeDecorator[Decimal]):
    """Decimal numbers: the engine's own, or units of the last place where those are inexact."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Numeric
    cache_ok = True

    def __init__(self, digits: int, places: int) -> None:
        super().__init__(digits, places)
        self.digits, self.places = digits, places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite's NUMERIC is a double; 18 digits fit into its integer."""
        return Integer() if dialect.name == "sqlite" else Numeric(self.digits, self.places)

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """A driver takes a `Decimal`."""
        places = self.places
        return (lambda number: int(number.scaleb(places))) if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse; PostgreSQL's driver gives whole numbers with an exponent, such as 1.0E+17."""
        if dialect.name == "sqlite":
            return lambda units: Decimal(units).scaleb(-self.places)
        return None if self.places else lambda number: number.quantize(Decimal(1))


class ListedDecimals(Decimals):
    """Decimal numbers within a list: where they are in JSON, as texts that no number of places changes."""

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """No: a list has no rule that says how many decimal places its units have."""
        return Text() if dialect.name == "sqlite" else Numeric(self.digits, self.places)

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """Without zeros at the end."""
        return (lambda number: f"{number.normalize():f}") if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:
        """The inverse, with all places."""
        if dialect.name == "sqlite":
            return partial(_with_places, Decimal(1).scaleb(-self.places))
        return super().result_processor(dialect, coltype)


def _with_places(unit: Decimal, text: str) -> Decimal:
    whole = (number := Decimal(text)).quantize(unit)
    return whole if whole == number else number


class Days(TypeDecorator[date]):
    """Dates: the engine's own, or a text as RFC 3339 has it, which its date functions read and order."""

    impl = DateType
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has no dates."""
        return Text() if dialect.name == "sqlite" else DateType()

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """A driver takes a date."""
        return date.isoformat if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse."""
        return date.fromisoformat if dialect.name == "sqlite" else None


class Uuids(TypeDecorator[UUID]):
    """UUIDs: the engine's own, or their canonical text."""

    impl = UuidType
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite has none; to its users 16 bytes would be unreadable."""
        return Text() if dialect.name == "sqlite" else UuidType()

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """A driver takes a UUID."""
        return str if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse."""
        return UUID if dialect.name == "sqlite" else None


class Lists(TypeDecorator[list[Any]]):
    """Lists: the engine's own array, or a JSON array as text where it has none."""

    impl = Text
    cache_ok = True

    def __init__(self, entry: TypeEngine[Any]) -> None:
        super().__init__()
        self.entry = entry

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Only PostgreSQL has arrays."""
        return ARRAY(self.entry) if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """Each entry as the engine takes it; JSON text, where the driver takes no list."""
        each = _of_each(to_driver(self.entry, dialect))
        return each if dialect.name == "postgresql" else _in_turn(each, _encode_json)

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse."""
        each = _of_each(from_driver(self.entry, dialect))
        return each if dialect.name == "postgresql" else _in_turn(msgspec.json.Decoder(list).decode, each)


class Json(TypeDecorator[str]):
    """JSON as text: in PostgreSQL `json`, which keeps it as it is; `jsonb` makes 100 of 1e2."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite keeps JSON in texts."""
        return JSON() if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> None:
        """The driver takes the text as it is."""

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """The driver returns the text as it is."""


def _of_each(convert: Conversion | None) -> Conversion | None:
    return None if convert is None else lambda values: [convert(value) for value in values]


def _encode_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


class Encoded(TypeDecorator[Any]):
    """Values that `encode` converts, in a column of the type `plain`."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text  # of any one instance it is `plain`
    cache_ok = True

    def __init__(
        self, plain: TypeEngine[Any], encode: Conversion | None = None, decode: Conversion | None = None
    ) -> None:
        super().__init__()
        self.plain, self.encode, self.decode = plain, encode, decode
        self.impl = plain

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """Encoded first, then as the engine takes it."""
        return _in_turn(self.encode, to_driver(self.plain, dialect))

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse."""
        return _in_turn(from_driver(self.plain, dialect), self.decode)


def _in_turn(first: Conversion | None, then: Conversion | None) -> Conversion | None:
    if first is None or then is None:
        return first or then
    return lambda value: then(first(value))


MOMENT = Encoded(LONG, to_microseconds, from_microseconds)
"""A time as whole microseconds since the epoch: exact, sortable, without a zone to get wrong."""


def column_type(stored: Stored) -> TypeEngine[Any]:
    """The type of the column that keeps what is `stored`."""
    plain = _plain_type(stored)
    if stored.encode is None and stored.decode is None:
        return plain
    return Encoded(plain, stored.encode, stored.decode)


def _plain_type(stored: Stored) -> TypeEngine[Any]:
    match stored.storage:
        case Storage.TEXT:
            return TEXT
        case Storage.INTEGER:
            return LONG
        case Storage.DOUBLE:
            return Number()
        case Storage.BOOLEAN:
            return Flag()
        case Storage.DECIMAL:
            precision = precision_of(stored)
            return Decimals(precision.digits, precision.places)
        case Storage.DATE:
            return Days()
        case Storage.UUID:
            return Uuids()
        case Storage.LIST:
            return Lists(entry_type(stored.entry))
        case Storage.JSON:
            return Json()
        case _:
            assert_never(stored.storage)


def entry_type(entry: Stored | None) -> TypeEngine[Any]:
    """The type of the entries of a list; texts have no collation there, for nothing orders them."""
    if entry is None:
        return Text()
    if entry.storage is Storage.TEXT:
        return Text() if entry.encode is None else Encoded(Text(), entry.encode, entry.decode)
    if entry.storage is Storage.DECIMAL and entry.encode is None:
        precision = precision_of(entry)
        return ListedDecimals(precision.digits, precision.places)
    return column_type(entry)


def plain_type(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """What is kept in a column of this type, whatever is encoded in it."""
    return type_.plain if isinstance(type_, Encoded) else type_


def precision_of(stored: Stored) -> Precision:
    """The digits of a decimal number; without a constraint it is a whole one."""
    constraint = stored.constraint
    return constraint if isinstance(constraint, Precision) else Precision(MAX_DIGITS, 0)


def to_driver(column_type: TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    """How a value of the column becomes what the driver of `dialect` takes."""
    return column_type.bind_processor(dialect) if isinstance(column_type, TypeDecorator) else None


def from_driver(column_type: TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    """How what the driver of `dialect` gives becomes a value of the column."""
    return column_type.result_processor(dialect, None) if isinstance(column_type, TypeDecorator) else None
