"""A resource with a field of every kind, and records of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from uuid_utils import uuid7

from estuary.core.markers import Digits
from estuary.core.record import Record
from estuary.core.resource import AwareDatetime, Resource


class Part(Struct, frozen=True):
    """One field of each kind, under names that SQL gives another meaning."""

    order: Annotated[str, Meta(min_length=1, max_length=5)]
    count: Annotated[int, Meta(ge=0, le=10)]
    select: Annotated[float, Meta(gt=0, lt=100)]
    where: bool
    table: AwareDatetime
    group: Literal['it\'s: "a"  %(b)s', "c"]
    values: Annotated[list[Annotated[str, Meta(max_length=9)]], Meta(min_length=1, max_length=3)]
    note: Annotated[str, Meta(max_length=8)] | None = None
    checked: bool | None = None
    due: AwareDatetime | None = None
    tags: list[str] | None = None
    numeric: Annotated[Decimal, Digits(18, 9)] | None = None
    day: date | None = date.min
    unique: UUID | None = UUID(int=1)


PARTS = Resource("index", Part)
NOON = datetime(2026, 1, 2, 12, 0, 0, 7, tzinfo=UTC)


def part(**changes: Any) -> Part:
    """A part with every rule kept, save for what `changes` break."""
    fields: dict[str, Any] = {
        "order": "a\U0001f30aé\n'",
        "count": 10,
        "select": 0.1,
        "where": True,
        "table": datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        "group": 'it\'s: "a"  %(b)s',
        "values": ['quote " and \\', "\U0001f30a", ""],
    }
    return Part(**(fields | changes))


def record(value: Struct, *, created_at: datetime = NOON, record_id: str | None = None) -> Record:
    """A new record of `value`."""
    return Record(record_id or str(uuid7()), 1, created_at, created_at, value)
