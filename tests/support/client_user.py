"""What a program writes that uses the client: type checkers know the type of every value in it."""

from dataclasses import dataclass
from typing import Any, TypedDict, assert_type

from msgspec import Struct
from msgspec.structs import replace

from estuary.client import AsyncClient, Client, Pending, Query, Record, Refused, Resource, and_, not_, or_


class Author(Struct, frozen=True):
    """As it is declared."""

    name: str


class Book(Struct, frozen=True, kw_only=True):
    """As it is declared."""

    title: str
    pages: int = 1
    author: str | None = None
    note: str | None = None


class Spine(Struct):
    """Fewer fields."""

    title: str


@dataclass
class Card:
    """Fewer fields, in a dataclass."""

    title: str


class Listed(TypedDict):
    """What a generator of types makes."""

    title: str
    pages: int


def longer(book: Book) -> Book:
    """A page more."""
    return replace(book, pages=book.pages + 1)


def use(url: str) -> None:
    """Every call of the synchronous client."""
    with Client(url, key="esk_x", timeout=5, retries=2) as client:
        books = client.resource("books", Book)
        assert_type(books, Resource[Book])
        assert_type(client.resource("books"), Resource[dict[str, Any]])
        assert_type(client.resource("books", Listed).get("1").value, Listed)
        made = books.create(Book(title="Emma"), id="1")
        assert_type(made, Record[Book])
        assert_type(made.value.note, str | None)
        assert_type(made.version, int | None)
        assert_type(books.patch(made.id, {"title": "Emma"}, pages=3, version=made.version).value, Book)
        assert_type(books.edit(made.id, longer).value, Book)
        assert_type(books.edit("1", lambda book: replace(book, pages=book.pages + 1)), Record[Book])
        assert_type(books.upsert_by("title", Book(title="Emma")), Record[Book])
        asked = books.where(or_(pages__gte=2, note=None), not_(and_(pages=1)), title__prefix="E")
        assert_type(asked.sort("-pages").limit(5).expand("author"), Query[Book])
        assert_type(asked.first(), Record[Book] | None)
        assert_type([book.expand("author", Author) for book in asked], list[Record[Author] | None])
        assert_type([spine.value.title for spine in asked.fields(Spine)], list[str])
        assert_type([card.value for card in asked.fields(Card)], list[Card])
        assert_type([some.value for some in asked.fields("title", "pages")], list[dict[str, Any]])
        assert_type([page.next_cursor for page in asked.pages(10)], list[str | None])
        assert_type(asked.count(), int)
        with client.batch() as batch:
            author = batch.create(client.resource("authors", Author), Author(name="Jane"))
            book = batch.replace(books, made.id, Book(title="Emma", author=author.id))
            gone = batch.delete(books, "2")
        assert_type(book, Pending[Record[Book]])
        assert_type((author.result.value.name, book.result.value.pages), tuple[str, int])
        assert_type(gone, Pending[None])
        try:
            books.delete(made.id)
        except Refused as refused:
            assert_type([each.code for each in refused.violations], list[str])


async def use_async(url: str) -> None:
    """The same with `await`."""
    async with AsyncClient(url, token=lambda: "jwt") as client:
        books = client.resource("books", Book)
        assert_type(await books.get("1"), Record[Book])
        assert_type((await books.edit("1", longer)).value.pages, int)
        assert_type([book.value.title async for book in books.where(pages=1)], list[str])
        assert_type([len(page) async for page in books.all().pages()], list[int])
        assert_type(await books.all().fields(Spine).first(), Record[Spine] | None)
        async with client.batch() as batch:
            book = batch.create(books, Book(title="Emma"))
        assert_type(book.result, Record[Book])
