"""References that contradict themselves, or their resources, are refused where they are declared."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct, defstruct

from estuary import Hidden, Index, Ref, Resource, Unique
from estuary.core.queries.indexes import DEFAULT_ORDER
from estuary.core.references.foreign_keys import ForeignKey, ForeignKeys, OnDelete
from estuary.core.references.reference_declarations import check_references
from estuary.core.resource import DeclarationError


def resource(name: str, **fields: Any) -> Resource:
    """A resource with these fields, of which those that may be null are."""
    members = [
        (each, type_, None) if "None" in repr(type_) else (each, type_) for each, type_ in fields.items()
    ]
    return Resource(name, defstruct(name.capitalize(), members, frozen=True, kw_only=True))


def to(target: str, on_delete: str = "restrict") -> Any:
    """The type of a field that refers to `target`."""
    return Annotated[str, Ref(target, on_delete=on_delete)]


def test_a_reference_is_a_foreign_key_with_an_index() -> None:
    """One that is not asked for: lists are filtered by it at the cost of a page."""
    books = resource("books", author=to("authors"), editor=to("authors", "set_null") | None)
    assert (
        ForeignKey("books", "author", "authors", OnDelete.RESTRICT, optional=False),
        ForeignKey("books", "editor", "authors", OnDelete.SET_NULL, optional=True),
    ) == books.foreign_keys
    served = [[key.field for key in index.keys] for index in books.indexes]
    assert ["author", *(key.field for key in DEFAULT_ORDER)] in served
    assert (
        resource("books", author=Annotated[str, Ref("authors"), Index]).indexes
        == resource("books", author=to("authors")).indexes
    )


def test_a_reference_can_be_unique() -> None:
    """Then at most one record refers to another."""
    assert ("author",) == resource("books", author=Annotated[str, Ref("authors"), Unique]).unique_keys[
        0
    ].fields


class Inner(Struct, frozen=True):
    """Part of a record."""

    author: Annotated[str, Ref("authors")]


REFUSED: dict[str, tuple[Any, str]] = {
    "to nothing": (Annotated[str, Ref], r'Ref names no resource: write Ref\("authors"\)'),
    "of a number": (Annotated[int, Ref("authors")], "Ref says nothing of such a field"),
    "with a rule": (Annotated[str, Ref("authors"), Meta(max_length=5)], "Ref is of a text without rules"),
    "with another word": (to("authors", "ignore"), "use one of 'restrict', 'cascade', 'set_null'"),
    "that can be no null": (to("authors", "set_null"), "declare its type with `| None`"),
    "hidden": (Annotated[str, Ref("authors"), Hidden], "is Hidden, and a Ref would tell of it"),
    "in a list": (list[to("authors")], "author"),  # type: ignore[misc]
    "in a part": (Inner, "has a marker of a record's own fields"),
}


@pytest.mark.parametrize(("type_", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_contradicts_itself_is_refused(type_: Any, message: str) -> None:
    """With what to do about it."""
    with pytest.raises(DeclarationError, match=message):
        resource("books", author=type_)


def check(*resources: Resource) -> None:
    """What is done with all declared resources."""
    keys = ForeignKeys(key for each in resources for key in each.foreign_keys)
    check_references(keys, [each.name for each in resources])


CIRCLES: dict[str, Callable[[], tuple[Resource, ...]]] = {
    "two": lambda: (resource("a", b=to("b", "cascade")), resource("b", a=to("a", "cascade"))),
    "three": lambda: (
        resource("a", b=to("b", "cascade")),
        resource("b", c=to("c", "cascade")),
        resource("c", a=to("a", "cascade")),
    ),
}


@pytest.mark.parametrize("circle", CIRCLES.values(), ids=CIRCLES.keys())
def test_deletes_that_cascade_in_a_circle_are_refused(circle: Callable[[], tuple[Resource, ...]]) -> None:
    """The error shows the circle."""
    with pytest.raises(DeclarationError, match=r"deletes cascade in a circle: a -> .* -> a"):
        check(*circle())


def test_what_ends_is_no_circle() -> None:
    """A tree within one resource, two ways to one resource, and circles that something else ends."""
    check(
        resource("a", up=to("a", "cascade") | None),
        resource("b", a=to("a", "cascade")),
        resource("c", a=to("a", "cascade"), b=to("b", "cascade")),
        resource("d", e=to("e", "cascade")),
        resource("e", d=to("d", "set_null") | None),
    )


def test_what_is_referred_to_is_declared() -> None:
    """Else the error names the field, and what is missing."""
    message = r"books: field 'author' refers to 'authors', which RESOURCES does not name"
    with pytest.raises(DeclarationError, match=message):
        check(resource("books", author=to("authors")))


def test_what_is_misspelt_is_told() -> None:
    """The resource that was meant is named."""
    told = r"field 'author' refers to 'author', which RESOURCES does not name; is 'authors' meant\?$"
    with pytest.raises(DeclarationError, match=told):
        check(resource("authors", friend=to("authors")), resource("books", author=to("author")))
