"""A resource with unique keys: of one field, folded or not, of several, of one owner, of all."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from estuary import Resource, Unique


class Kit(Struct, frozen=True, kw_only=True):
    """What a member plays in."""

    size: str
    colour: str


class Member(Struct, frozen=True, kw_only=True):
    """A member of a club."""

    email: Annotated[str, Unique(fold_case=True), Meta(max_length=100)]
    number: Annotated[int, Unique] | None = None
    badge: Annotated[str, Unique(of_all=True), Meta(max_length=20)] | None = None
    team: Annotated[str, Meta(max_length=20)] = ""
    shirt: int | None = None
    joined_at: datetime | None = None
    kit: Kit | None = None
    note: str = ""


MEMBERS = Resource(
    "members",
    Member,
    unique=[("team", "shirt"), Unique("badge", "team", "joined_at", of_all=True, fold_case=True)],
)
MEMBERS_REFERENCE = "tests.support.members:MEMBERS"
EMAIL, NUMBER, BADGE, SHIRT, JOINED = MEMBERS.unique_keys


def member(number: int, /, **fields: Any) -> Member:
    """A valid member who is in the way of no other, with `fields` in place of the usual ones."""
    return Member(**{"email": f"m{number}@example.org", **fields})
