"""Moments in time, in UTC, with microseconds."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
from msgspec import inspect as types

from estuary.core.kinds.declared import Declared
from estuary.core.kinds.kind import Broken, Conversion, Kind, Rule, Storage, Stored
from estuary.core.moments import AwareDatetime, from_microseconds, in_six_digits, in_utc, to_microseconds
from estuary.core.queries.conditions import ORDERED, Operator

_FORM = "must be a time as RFC 3339 writes it, with its offset: 2026-01-31T09:00:00Z"
_OFFSET = r"(?:[Zz]|[+-]\d\d:?\d\d)"
_UNKEPT = (
    (
        rf"(?a)\d{{4}}-\d\d-\d\d[Tt ]\d\d:\d\d:60(?:\.\d+)?{_OFFSET}",
        "must not be a leap second: the seconds of a minute are 00 to 59",
    ),
    (
        rf"(?a)9999-12-31[Tt ]23:59:59\.9{{6}}\d+{_OFFSET}",
        "must be at most 9999-12-31T23:59:59.999999Z: six digits of a second's fraction are kept",
    ),
    (
        rf"(?a)0000-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?{_OFFSET}",
        "must be at least 0001-01-01T00:00:00Z",
    ),
)
"""Times as RFC 3339 writes them which Python does not have, and the message for each."""


class Timestamp(Kind):
    """A moment; a clock reading without a zone is not one."""

    annotation: ClassVar[str] = "datetime"
    noun: ClassVar[str] = "a time"

    @classmethod
    def of(cls, declared: Declared) -> "Timestamp | None":
        """`datetime`, which is demanded with its zone whether that is declared or not."""
        return cls() if isinstance(declared.type, types.DateTimeType) else None

    @property
    def wire(self) -> Any:
        """A text as RFC 3339 has it."""
        return AwareDatetime

    @property
    def written(self) -> Conversion:
        """Always with six digits of a second's fraction."""
        return in_six_digits

    @property
    def column(self) -> Stored:
        """Microseconds since the epoch: exact, sortable, without a zone to get wrong."""
        return Stored(Storage.INTEGER, None, to_microseconds, from_microseconds)

    @property
    def document(self) -> Stored:
        """A text in UTC, always of the same width, so that texts are ordered as moments are."""
        return Stored(Storage.TEXT, None, _in_text)

    @property
    def operators(self) -> frozenset[Operator]:
        """Moments have an order."""
        return ORDERED

    def comparand(self, value: Any) -> datetime:
        """A moment, in UTC; any other text is refused as by `malformed`."""
        if not isinstance(value, str):
            raise self.mistyped()
        try:
            return _to_utc(msgspec.convert(value, AwareDatetime))
        except msgspec.ValidationError:
            raise self.malformed(value) from None

    def rule(self) -> Rule:
        """The same moment in UTC."""
        return _to_utc

    def schema(self) -> dict[str, Any]:
        """A text as RFC 3339 has it."""
        return {"type": "string", "format": "date-time"}

    def malformed(self, text: str) -> Broken:
        """The form that is wanted, or why a moment in that form cannot be kept."""
        unkept = next((message for form, message in _UNKEPT if re.fullmatch(form, text)), None)
        return Broken(_FORM, "type") if unkept is None else Broken(unkept, "range")

    def recovered(self, value: Any) -> Any:
        """SQL engines keep microseconds, and Convex a text."""
        return from_microseconds(value) if isinstance(value, int) else value


def _in_text(value: datetime) -> str:
    return in_utc(to_microseconds(value))


def _to_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise Broken("must lie between the years 1 and 9999 in UTC", "range") from None
