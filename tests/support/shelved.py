"""A catalogue that everyone reads, which refers to what not everyone may read."""

from typing import Annotated

from msgspec import Struct

from estuary import OWNER, PUBLIC, Access, Ref, Resource, Role

STAFF = Role("staff")


class Named(Struct, frozen=True):
    """Something with a name."""

    name: str


class Entry(Struct, frozen=True):
    """What stands where, and what is known of it."""

    title: str
    shelf: Annotated[str, Ref("shelves")]
    secret: Annotated[str, Ref("secrets")]


class Secret(Named, frozen=True):
    """What the staff know."""


CATALOGUE = Resource(
    "entries", Entry, singular="entry", access=Access(read=PUBLIC, create=STAFF, update=STAFF, delete=STAFF)
)
SHELVES = Resource(
    "shelves", Named, singular="shelf", access=Access(read=OWNER, create=STAFF, delete=OWNER)
)
SECRETS = Resource("secrets", Secret, access=Access(read=STAFF, create=STAFF, delete=STAFF))
