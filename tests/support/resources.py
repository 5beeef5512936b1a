"""A second resource, with a field of every kind and a rule of every sort."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from estuary import Digits, Resource

BUILT = datetime(1998, 7, 1, 6, 30, 0, 250000, tzinfo=UTC)


class Hull(Struct, frozen=True, kw_only=True):
    """What a vessel is made of, with rules of its own."""

    material: Literal["wood", "steel"] = "steel"
    width: Annotated[float, Meta(gt=0, description="In metres.")]
    plates: Annotated[int, Meta(ge=1)] | None = None
    thickness: Annotated[Decimal, Digits(12, 9)] | None = None
    laid_down: date | None = None
    inspected_at: datetime | None = None
    marks: list[Annotated[str, Meta(max_length=9)]] = field(default_factory=list)


class Vessel(Struct, frozen=True, kw_only=True):
    """A ship that calls at the estuary's ports."""

    name: Annotated[str, Meta(min_length=1, max_length=120, description="As painted on the bow.")]
    call_sign: Annotated[str, Meta(pattern="^[A-Z0-9]{3,7}$")] | None = None
    crew: Annotated[int, Meta(ge=0, le=10_000)] = 0
    keel_number: int = 0
    draught: Annotated[float, Meta(gt=0, lt=40, description="In metres.")]
    cargo_value: float = 0.0
    in_port: bool = False
    built_at: datetime
    surveyed_at: datetime | None = None
    rig: Literal["motor", "sail", "steam"] = "motor"
    berth: Annotated[str, Meta(max_length=12)] = ""
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None
    tags: Annotated[list[Annotated[str, Meta(max_length=30)]], Meta(max_length=8)] = field(
        default_factory=list
    )
    notes: list[str] | None = None
    dues: Annotated[Decimal, Digits(18, 2, ge=0), Meta(description="In euros.")] = Decimal("0.00")
    rebate: Annotated[Decimal, Digits(18, 18)] | None = None
    christened: date | None = None
    registry: UUID | None = None
    holds: list[Annotated[int, Meta(ge=-1000)]] = field(default_factory=lambda: [1])
    soundings: list[float] | None = None
    hatches: list[bool] | None = None
    flags: Annotated[list[Literal["red", "green"]], Meta(max_length=4)] | None = None
    inspected: list[date] = field(default_factory=list)
    tolls: list[Annotated[Decimal, Digits(18, 9)]] = field(default_factory=lambda: [Decimal("0.500000000")])
    buoys: list[UUID] | None = None
    calls: list[datetime] | None = None
    hull: Hull | None = None
    papers: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] | None = None


VESSELS = Resource("vessels", Vessel)
WRECKS = Resource("wrecks", Vessel)
"""The same under a name that no store has a table for."""


def vessel_body(**fields: Any) -> dict[str, Any]:
    """What a client sends to create a vessel, with `fields` in place of the usual ones."""
    return {"name": "Anna Christina", "draught": 3.5, "built_at": "1998-07-01T06:30:00.25Z", **fields}


def vessel(**fields: Any) -> Vessel:
    """A valid vessel, with `fields` in place of the usual ones."""
    usual = {"name": "Anna Christina", "draught": 3.5, "built_at": BUILT}
    return Vessel(**{**usual, **fields})
