"""Resources that refer to each other in every way: restrict, cascade, set null, and to themselves."""

from typing import Annotated

from msgspec import Meta, Struct

from estuary import Ref, Resource, Unique


class Author(Struct, frozen=True):
    """Who writes books."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]


class Volume(Struct, frozen=True, kw_only=True):
    """What an author writes: it keeps the author, and loses its editor and its original."""

    title: str
    author: Annotated[str, Ref("authors")]
    editor: Annotated[str, Ref("authors", on_delete="set_null")] | None = None
    translation_of: Annotated[str, Ref("volumes", on_delete="set_null")] | None = None
    isbn: Annotated[str, Unique, Meta(max_length=20)] | None = None


class Chapter(Struct, frozen=True, kw_only=True):
    """A part of a book, and of another chapter: it goes with either."""

    title: str
    book: Annotated[str, Ref("volumes", on_delete="cascade")]
    within: Annotated[str, Ref("chapters", on_delete="cascade")] | None = None


AUTHORS = Resource("authors", Author)
BOOKS = Resource("volumes", Volume)
CHAPTERS = Resource("chapters", Chapter)
LIBRARY = (CHAPTERS, BOOKS, AUTHORS)
"""Those that refer to others come first, as declarations may have it."""
LIBRARY_REFERENCES = ",".join(f"tests.support.library:{name}" for name in ("CHAPTERS", "BOOKS", "AUTHORS"))
