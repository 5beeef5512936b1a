"""A resource that lists are asked of: every kind of field, indexes, a hidden field, names of parameters."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from estuary import Hidden, Index, Resource


class Book(Struct, frozen=True, kw_only=True):
    """A book in a shop."""

    title: Annotated[str, Meta(max_length=200)]
    binding: Literal["paper", "cloth", "leather"] = "paper"
    pages: Annotated[int, Index] = 1
    weight: float = 0.0
    in_print: bool = True
    published_at: datetime | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    limit: int = 0
    price_paid: Annotated[int, Hidden] = 0


BOOKS = Resource("books", Book, indexes=[("binding", "-published_at")])
BOOKS_REFERENCE = "tests.support.books:BOOKS"


def book_body(**fields: Any) -> dict[str, Any]:
    """What a client sends to create a book, with `fields` in place of the usual ones."""
    return {"title": "Moby-Dick", **fields}
