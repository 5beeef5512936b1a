"""Values that the server sets: what they are, and which fields can hold them."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct, defstruct, json

from estuary import Digits, Hidden, Index, Now, Resource, Subject, Unique
from estuary.core.access.identity import Identity
from estuary.core.resource import DeclarationError
from tests.support.entries import ENTRIES, PROFILES, Entry, Profile

LATE = datetime(2026, 2, 3, 23, 59, 59, 999999, tzinfo=UTC)
ALICE = Identity("alice", "north", frozenset())
User = Annotated[str, Subject, Unique, Meta(max_length=255)]


def declared(*unique: Any, **fields: Any) -> Resource:
    """A resource with these fields, each a type, or a type and a default."""
    members = [(name, *each) if isinstance(each, tuple) else (name, each) for name, each in fields.items()]
    return Resource("things", defstruct("Thing", members, frozen=True, kw_only=True), unique=unique)


class Part(Struct, frozen=True):
    """Within a record."""

    made_by: Annotated[str, Subject] = ""


def test_they_are_of_the_moment_and_of_who_asks() -> None:
    """A date is the day in UTC; without a subject the declared default stands."""
    draft = json.decode('{"title": " a ", "made_by": "eve"}', type=ENTRIES.draft_type)
    common: dict[str, Any] = {"title": "a", "seen_at": LATE, "day": date(2026, 2, 3)}
    assert Entry(**common, made_by="alice", writer="alice") == ENTRIES.created(draft, LATE, ALICE)
    assert Entry(**common, made_by="nobody", writer="") == ENTRIES.created(draft, LATE, None)
    profile = PROFILES.draft_type(nickname="x")
    assert Profile(user=None, nickname="x") == PROFILES.created(profile, LATE, None)


def test_no_client_writes_them() -> None:
    """Draft, changes and patch have the other fields alone."""
    types = (ENTRIES.draft_type, ENTRIES.changes_type, ENTRIES.patch_type)
    assert [{"title", "note"}] * 3 == [set(each.__struct_fields__) for each in types]


def test_a_resource_of_nothing_else_is_served() -> None:
    """A create needs an empty object."""
    stamps = declared(seen_at=Annotated[datetime, Now])
    stamp = stamps.created(json.decode("{}", type=stamps.draft_type), LATE, None)
    assert stamps.value_type(seen_at=LATE) == stamp


def test_only_a_subject_needs_to_know_who_asks() -> None:
    """Writes of other resources need not be told."""
    assert [True, False] == [
        ENTRIES.depends_on_asker,
        declared(seen_at=Annotated[datetime, Now]).depends_on_asker,
    ]


ALLOWED: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "a long text": ((), {"by": (Annotated[str, Subject, Meta(min_length=1, max_length=255)], "x")}),
    "in an index": ((), {"at": Annotated[datetime, Now, Index]}),
    "hidden": ((), {"at": Annotated[datetime, Now, Hidden]}),
    "one of a subject": ((), {"by": (User | None, None)}),
    "one of a subject and day": (
        (("by", "day"),),
        {"by": (Annotated[str, Subject, Meta(max_length=300)], ""), "day": Annotated[date, Now]},
    ),
}


@pytest.mark.parametrize(("unique", "fields"), ALLOWED.values(), ids=ALLOWED.keys())
def test_with_what_they_go_together(unique: tuple[Any, ...], fields: dict[str, Any]) -> None:
    """Indexes, unique keys that can be kept, and hidden fields."""
    assert list(fields) == [field.name for field in declared(*unique, **fields).fields]


REFUSED: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "a moment in a text": (
        (),
        {"at": Annotated[str, Now]},
        "'at': Now is a moment or its day: declare the type",
    ),
    "a moment in a list": ((), {"at": Annotated[list[datetime], Now]}, "'at': Now is a moment"),
    "a subject in a number": (
        (),
        {"by": (Annotated[int, Subject], 0)},
        "'by': Subject is a text: declare the type str",
    ),
    "a subject in a choice": (
        (),
        {"by": (Annotated[Literal["a"], Subject], "a")},
        "'by': Subject is a text",
    ),
    "both": (
        (),
        {"by": (Annotated[str, Subject, Now], "")},
        "'by': Now and Subject are two values: choose one",
    ),
    "a short text": (
        (),
        {"by": (Annotated[str, Subject, Meta(max_length=254)], "")},
        "'by': Subject has up to 255 characters: declare at least that as max_length",
    ),
    "a text of two": (
        (),
        {"by": (Annotated[str, Subject, Meta(min_length=2)], "xx")},
        "'by': Subject may have a single character: remove the min_length",
    ),
    "a pattern": (
        (),
        {"by": (Annotated[str, Subject, Meta(pattern="^a")], "a")},
        "'by': Subject may be any text: remove the pattern",
    ),
    "no default": ((), {"by": Annotated[str, Subject]}, "'by': Subject needs a default"),
    "a default that breaks a rule": (
        (),
        {"by": (Annotated[str, Subject, Meta(min_length=1)], "")},
        "'by' has the default ''",
    ),
    "one default for all": (
        (),
        {"by": (User, "")},
        "'by' is Unique, and only one record could have its default ''",
    ),
    "an index without a length": (
        (),
        {"by": (Annotated[str, Subject, Index], "")},
        "'by' .* declare its max_length",
    ),
    "one of a moment": (
        (),
        {"at": Annotated[datetime, Now, Unique]},
        "'at' is Unique, and records that are created together have the same Now",
    ),
    "one of a day": ((("day",),), {"day": Annotated[date, Now]}, "'day' is Unique, and records"),
    "entries of a list": (
        (),
        {"at": list[Annotated[datetime, Now]]},
        "'at': Now says nothing of an entry of a list",
    ),
    "a field within a record": ((), {"part": (Part, Part())}, "'part': Part: field 'made_by' has a marker"),
    "digits": (
        (),
        {"by": (Annotated[str, Subject, Digits(3)], "")},
        "'by': Digits says nothing of such a field",
    ),
}


@pytest.mark.parametrize(("unique", "fields", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_they_contradict(unique: tuple[Any, ...], fields: dict[str, Any], message: str) -> None:
    """The error names the field and what to declare."""
    with pytest.raises(DeclarationError, match=message):
        declared(*unique, **fields)
