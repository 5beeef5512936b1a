"""A resource whose lists are asked by indexes: an item with a shelf and a number of pages."""

from typing import Annotated

from msgspec import Meta, Struct

from estuary import Index, Resource


class Book(Struct, frozen=True):
    """Something to read, which stands on a shelf."""

    name: Annotated[str, Meta(max_length=255)]
    description: Annotated[str, Meta(max_length=1000)]
    shelf: Annotated[int, Index]
    pages: Annotated[int, Index]


BOOKS = Resource("books", Book, indexes=[("shelf", "pages")])
