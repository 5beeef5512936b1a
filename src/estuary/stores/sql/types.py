"""Column types for declared fields: what each engine keeps, and how values get there and back."""

from collections.abc import Callable
from typing import Any, assert_never

import msgspec
from sqlalchemy import ARRAY, REAL, BigInteger, Boolean, Double, Integer, Text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

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


class Texts(TypeDecorator[list[str]]):
    """A list of texts: the engine's own array, or a JSON array as text where it has none."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Only PostgreSQL has arrays."""
        return ARRAY(Text()) if dialect.name == "postgresql" else Text()

    def bind_processor(self, dialect: Dialect) -> Conversion | None:
        """JSON text, where the driver takes no list."""
        return None if dialect.name == "postgresql" else _encode_list

    def result_processor(self, dialect: Dialect, coltype: object) -> Conversion | None:  # noqa: ARG002 (as above)
        """The inverse."""
        return None if dialect.name == "postgresql" else msgspec.json.Decoder(list[str]).decode


def _encode_list(values: list[str]) -> str:
    return msgspec.json.encode(values).decode()


class Encoded(TypeDecorator[Any]):
    """What `encode` makes of a value, in a column of the type `plain`."""

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
    plain = _plain_type(stored.storage)
    if stored.encode is None and stored.decode is None:
        return plain
    return Encoded(plain, stored.encode, stored.decode)


def _plain_type(storage: Storage) -> TypeEngine[Any]:
    match storage:
        case Storage.TEXT:
            return TEXT
        case Storage.INTEGER:
            return LONG
        case Storage.DOUBLE:
            return Number()
        case Storage.BOOLEAN:
            return Flag()
        case Storage.TEXTS:
            return Texts()
        case _:
            assert_never(storage)


def to_driver(column_type: TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    """How a value of the column becomes what the driver of `dialect` takes."""
    return column_type.bind_processor(dialect) if isinstance(column_type, TypeDecorator) else None


def from_driver(column_type: TypeEngine[Any], dialect: Dialect) -> Conversion | None:
    """How what the driver of `dialect` gives becomes a value of the column."""
    return column_type.result_processor(dialect, None) if isinstance(column_type, TypeDecorator) else None
