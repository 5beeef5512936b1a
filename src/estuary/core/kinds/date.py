"""Days of the calendar, without a time or a zone."""

import re
from datetime import date, datetime
from typing import Any, ClassVar, Final

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Kind, Rule, Storage, Stored
from estuary.core.queries.conditions import ORDERED, Operator

_FORM: Final = "must be a date as RFC 3339 writes it: 2026-01-31"
_ABSENT: Final = "must be a date that exists, from 0001-01-01 to 9999-12-31"
_FULL_DATE: Final = r"(?a)\d{4}-\d\d-\d\d"
"""RFC 3339, section 5.6."""


class Date(Kind):
    """A day from 0001-01-01 to 9999-12-31 in the Gregorian calendar."""

    annotation: ClassVar[str] = "date"
    noun: ClassVar[str] = "a date"

    @classmethod
    def of(cls, declared: Declared) -> "Date | None":
        """`date`."""
        return cls() if isinstance(declared.type, types.DateType) else None

    @property
    def wire(self) -> Any:
        """A text as RFC 3339 has it."""
        return date

    @property
    def column(self) -> Stored:
        """The value is stored as it is."""
        return Stored(Storage.DATE)

    @property
    def document(self) -> Stored:
        """A text as RFC 3339 has it, which is ordered as days are."""
        return Stored(Storage.TEXT, None, date.isoformat)

    @property
    def operators(self) -> frozenset[Operator]:
        """Days have an order."""
        return ORDERED

    def comparand(self, value: Any) -> date:
        """A day; any other text is refused as by `malformed`."""
        if not isinstance(value, str):
            raise self.mistyped()
        try:
            return msgspec.convert(value, date)
        except msgspec.ValidationError:
            raise self.malformed(value) from None

    def rule(self) -> Rule:
        """None: all days are allowed."""
        return _unchanged

    def schema(self) -> dict[str, Any]:
        """A text as RFC 3339 has it."""
        return {"type": "string", "format": "date"}

    def malformed(self, text: str) -> Broken:
        """The form that is wanted, or that there is no such day."""
        return Broken(_ABSENT, "range") if re.fullmatch(_FULL_DATE, text) else Broken(_FORM, "type")

    def check_default(self, value: Any) -> None:
        """Not a moment, which to Python is a date as well."""
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.mistyped()


def _unchanged(value: date) -> date:
    return value
