"""What kinds of numbers have in common: a range, an order, and how a URL writes one."""

import re
from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.constraints import ANY_NUMBER, Range
from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Unservable
from estuary.core.queries.conditions import ORDERED, Operator

_JSON_NUMBER: Final = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"
"""RFC 8259, section 6."""
BEYOND: Final = "is a number beyond all bounds"
"""The message for a number that no double can hold."""
_decode: Final = msgspec.json.Decoder(int | float).decode
_LONGEST: Final = 400
"""Characters: more than any double needs, and few enough that reading them costs nothing."""


class Number(Kind):
    """A number within a range, of the type that a subclass names."""

    declared_as: ClassVar[type[types.IntType] | type[types.FloatType]]
    """How msgspec describes that type."""

    def __init__(self, bounds: Range = ANY_NUMBER) -> None:
        self.bounds: Final = bounds

    @classmethod
    def of(cls, declared: Declared) -> "Number | None":
        """Its own type, with bounds."""
        found = declared.type
        if not isinstance(found, cls.declared_as):
            return None
        if found.multiple_of is not None:
            raise Unservable("multiple_of is a rule that Estuary does not know")
        return cls(Range(found.ge, found.le, found.gt, found.lt))

    @property
    def rules(self) -> tuple[Any, ...]:
        """Its bounds."""
        return (self.bounds,)

    @property
    def operators(self) -> frozenset[Operator]:
        """Numbers have an order."""
        return ORDERED

    def spelled(self, text: str) -> Any:
        """A number as JSON writes it."""
        if re.fullmatch(_JSON_NUMBER, text) is None:
            raise self.mistyped()
        if len(text) > _LONGEST:
            raise Broken(BEYOND, "range")
        try:
            return _decode(text)
        except msgspec.DecodeError:
            raise Broken(BEYOND, "range") from None
