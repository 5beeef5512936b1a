"""Resources with fields that the server sets: of every type that these can have, and a unique one."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct, structs

from estuary import Hidden, Hooks, Identity, Index, Now, Resource, Subject, Unique


class Entry(Struct, frozen=True, kw_only=True):
    """What somebody wrote into a log book."""

    title: Annotated[str, Meta(min_length=1, max_length=50)]
    made_by: Annotated[str, Subject, Index, Meta(max_length=255)] = "nobody"
    seen_at: Annotated[datetime, Now, Index]
    day: Annotated[date, Now] | None = None
    writer: Annotated[str, Subject, Hidden] = ""
    note: str | None = None


ENTRIES = Resource("entries", Entry, singular="entry", unique=[("made_by", "day", "title")])


def signed(new: Entry, _: Identity | None) -> Entry:
    """An entry with its author's name; of "eve" the hook changes what it must not."""
    changes = {"made_by": "alice"} if new.made_by == "eve" else {"note": new.made_by}
    return structs.replace(new, **changes)


SIGNED_ENTRIES = Resource("entries", Entry, singular="entry", hooks=Hooks(before_create=signed))


class Profile(Struct, frozen=True, kw_only=True):
    """Of which each subject has one."""

    user: Annotated[str, Subject, Unique, Meta(max_length=255)] | None = None
    nickname: Annotated[str, Meta(max_length=20)]


PROFILES = Resource("profiles", Profile)
ENTRIES_REFERENCES = ("tests.support.entries:ENTRIES", "tests.support.entries:PROFILES")
