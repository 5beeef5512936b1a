"""A second resource, with a field of every kind and a rule of every sort."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from estuary.core.resource import Resource

BUILT = datetime(1998, 7, 1, 6, 30, 0, 250000, tzinfo=UTC)


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
