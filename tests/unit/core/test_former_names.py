"""Former names that contradict a declaration are refused; what is written under others is read."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Struct, defstruct

from estuary import Index, Now, Resource, Was
from estuary.core.resource import DeclarationError


class Book(Struct, frozen=True):
    """A field with two former names, and one with one."""

    pages: Annotated[int, Was("page_count", "length")]
    title: Annotated[str, Was("name")] = "none"


class Part(Struct, frozen=True):
    """What is kept within a record."""

    width: Annotated[int, Was("size")]


BOOKS = Resource("books", Book)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Annotated[int, Was], "'pages': Was says what it was called before"),
        (Annotated[int, Was()], "'pages': Was says what it was called before"),
        (Annotated[int, Was("pages")], "'pages': Was names 'pages', which it is called now"),
        (Annotated[int, Was("title")], "'pages': Was names 'title', which is a field of its own"),
        (Annotated[int, Was("owner")], "'pages': Was names 'owner', which is Estuary's own"),
        (Annotated[int, Was("Page")], "'pages': Was names 'Page', which no field can have been called"),
        (Annotated[int, Was("a__b")], "'pages': Was names 'a__b', which no field can have been called"),
        (Annotated[int, Was(7)], "'pages': Was names 7, which no field can have been called"),  # type: ignore[arg-type] # what is wrong with it
        (Annotated[int, Was("n", "n")], "'pages': Was names 'n', as that of field 'pages' does"),
        (Annotated[int, Was("note")], "'pages': Was names 'note', as that of field 'notes' does"),
        (Part, "'pages': Part: field 'width' has a marker of a record's own fields"),
        (list[Annotated[int, Was("n")]], "'pages': Was says nothing of an entry of a list"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_a_name_that_no_field_had_is_refused(annotation: Any, message: str) -> None:
    """At the start, with the field and what is wrong."""
    members = [("notes", Annotated[str, Was("note")]), ("title", str), ("pages", annotation)]
    with pytest.raises(DeclarationError, match=f"field {message}"):
        Resource("books", defstruct("Book", members, frozen=True))


def test_former_names_go_with_every_other_marker() -> None:
    """Several are joined, wherever a declaration has them."""
    annotation = Annotated[Annotated[datetime, Now, Was("made")] | None, Index, Was("created")]
    declared = Resource("books", defstruct("Made", [("made_at", annotation, None)], frozen=True))
    assert [("created", "made")] == [field.former_names for field in declared.fields]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"length": 1, "name": "a"}, {"pages": 1, "title": "a"}),
        ({"length": 1, "page_count": 2}, {"length": 1, "pages": 2}),
        ({"pages": 3, "page_count": 2}, {"pages": 3, "page_count": 2}),
        ({"title": "a", "other": 1}, {"title": "a", "other": 1}),
    ],
    ids=["former", "the latest", "both", "neither"],
)
def test_members_are_renamed_where_the_field_is_not_there(
    members: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Of several former names the latest is meant; what would be lost stays as it is."""
    assert expected == BOOKS.former_names.renamed(members)


def test_a_text_is_rewritten_without_a_change_of_its_values() -> None:
    """Not even of how a number is written."""
    text = '{"id":"1","value":{"length":1.50,"x":1e400}}'
    assert b'{"id":"1","value":{"pages":1.50,"x":1e400}}' == BOOKS.former_names.rewritten(text)
    assert b'{"id":"1"}' == BOOKS.former_names.rewritten('{"id":"1"}')
    with pytest.raises(msgspec.ValidationError):
        BOOKS.former_names.rewritten('{"value":1}')
