"""What a program does with the client: whatever fails on the way, it comes to the same end."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from estuary.client import AsyncClient, NotFound, PreconditionFailed, ValidationFailed, and_, not_, or_
from tests.support.books import BOOKS_REFERENCE, Book
from tests.support.library import LIBRARY_REFERENCES, Author, Volume
from tests.support.resources import BUILT, Hull, Vessel, vessel

RESOURCES = f"{BOOKS_REFERENCE},{LIBRARY_REFERENCES},tests.support.resources:VESSELS"
NOWHERE = "01a20ae4-aaec-7239-acf3-5c06e8eab230"


def longer(book: Book) -> Book:
    """A page more."""
    return msgspec.structs.replace(book, pages=book.pages + 1)


async def walk_and_change(client: AsyncClient, label: str) -> None:
    """Create, change, list and delete books whose titles begin with `label`."""
    books = client.resource("books", Book)
    made = [await books.create(Book(title=f"{label} {n}", pages=n, note="new")) for n in range(6)]
    assert [(n, 1) for n in range(6)] == [(each.value.pages, each.version) for each in made]
    first, second, third, *_, last = [each.id for each in made]

    patched = await books.patch(first, pages=100, note=None)
    assert (2, 100, None) == (patched.version, patched.value.pages, patched.value.note)
    await asyncio.gather(*[books.edit(second, longer) for _ in range(3)])
    edited = await books.get(second)
    assert (4, 4) == (edited.value.pages, edited.version)
    replaced = await books.replace(third, Book(title=f"{label} 3", tags=["sea"]))
    assert (1, None, ["sea"], 2) == (
        replaced.value.pages,
        replaced.value.note,
        replaced.value.tags,
        replaced.version,
    )
    with pytest.raises(PreconditionFailed):
        await books.patch(third, pages=7, version=1)
    with pytest.raises(ValidationFailed) as refused:
        await books.create(Book(title="x" * 201))
    assert "title" == refused.value.violations[0].field

    mine = books.where(title__prefix=label)
    assert [1, 3, 4, 4, 5, 100] == sorted([book.value.pages async for book in mine.where(pages__gte=1)])
    assert [3, 3] == [len(page) async for page in mine.pages(3)]
    assert 6 == await mine.count()
    odd = mine.where(or_(pages=100, tags__has="sea"), not_(binding="cloth"))
    assert {first, third} == {book.id async for book in odd}
    await books.delete(last)
    with pytest.raises(NotFound):
        await books.delete(last)


async def write_together(client: AsyncClient, label: str) -> None:
    """Records that refer to each other, in one batch, and by their values."""
    authors, volumes = client.resource("authors", Author), client.resource("volumes", Volume)
    async with client.batch() as batch:
        author = batch.create(authors, Author(name=label))
        volume = batch.create(volumes, Volume(title="Notes", author=author.id, isbn=f"{label}/1"))
        sketches = batch.patch(volumes, volume.id, title="Sketches")
        await batch.send(validate_only=True)
        assert "Sketches" == sketches.result.value.title
    assert ("Notes", 1) == (volume.result.value.title, volume.result.version)
    assert ("Sketches", 2) == (sketches.result.value.title, sketches.result.version)
    assert volume.id == (await volumes.get_by("isbn", f"{label}/1")).id

    again = await volumes.upsert_by("isbn", Volume(title="Diary", author=author.id, isbn=f"{label}/1"))
    other = await volumes.upsert_by("isbn", Volume(title="Letters", author=author.id, isbn=f"{label}/2"))
    assert ((volume.id, 3), 1) == ((again.id, again.version), other.version)
    of_author = [book async for book in volumes.where(author=author.id).expand("author")]
    named = [expanded.value.name for book in of_author if (expanded := book.expand("author", Author))]
    assert [label, label] == named

    batch = client.batch()
    batch.delete(volumes, volume.id)
    batch.delete(volumes, NOWHERE)
    with pytest.raises(NotFound) as refused:
        await batch.send()
    assert 1 == refused.value.operation
    await volumes.delete_by("isbn", f"{label}/2")
    assert [volume.id] == [book.id async for book in volumes.where(author=author.id)]


FULL: dict[str, Any] = {
    "call_sign": "DABC2",
    "keel_number": 2**53 - 1,
    "surveyed_at": BUILT,
    "rating": 5,
    "tags": ["a"],
    "notes": ["b"],
    "dues": Decimal("9999999999999999.99"),
    "rebate": Decimal("0.000000000000000001"),
    "christened": date(1998, 7, 4),
    "registry": UUID(NOWHERE),
    "soundings": [0.5],
    "hatches": [True],
    "inspected": [date(1998, 7, 4)],
    "buoys": [UUID(NOWHERE)],
    "calls": [BUILT],
    "hull": Hull(width=3.5, plates=2, thickness=Decimal("0.000000001")),
    "papers": {"a": {"b": None, "c": [1]}},
    "extra": {"d": None},
}


async def write_every_kind(client: AsyncClient) -> None:
    """What is written comes back as it was; what is replaced leaves nothing behind."""
    vessels = client.resource("vessels", Vessel)
    full, bare = vessel(**FULL), vessel(papers={"e": {"f": 1}})
    made = await vessels.create(full)
    assert (full, full) == (made.value, (await vessels.get(made.id)).value)

    def refit(old: Vessel) -> Vessel:
        return msgspec.structs.replace(old, hull=Hull(width=4.0), papers={"a": {"c": None}}, extra=None)

    assert refit(full) == (await vessels.edit(made.id, refit)).value
    assert bare == (await vessels.replace(made.id, bare)).value
    with pytest.raises(PreconditionFailed) as refused:
        await vessels.replace(made.id, bare, version=1)
    assert refused.value.operation is None
    assert full == (await vessels.replace(made.id, full)).value
    high = {"id": made.id, "dues__gt": 15, "rebate__lt": 0.5, "tolls__has": Decimal("0.5")}
    assert [made.id] == [each.id async for each in vessels.where(**high)]
    assert [made.id] == [each.id async for each in vessels.where(not_(or_(dues__lte=15)), and_(**high))]
