"""What a record refers to is there: whatever writes, in whatever order, and however many at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import (
    EstuaryError,
    NotFound,
    RecordOrphaned,
    Referenced,
    ReferenceMissing,
    UniqueConflict,
    VersionConflict,
    WriteRefused,
)
from estuary.core.ports import Store
from estuary.core.record import Place, Record
from estuary.core.resource import Resource
from estuary.core.writes.writes import Delete, Demand, Insert, Update, Write, WriteOptions
from tests.contract.making import LATER, TIMEOUT, make_id, once
from tests.contract.stores import StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.library import AUTHORS, BOOKS, CHAPTERS, LIBRARY, Author, Chapter, Volume

ADA, BOB, NOBODY = make_id(1), make_id(2), make_id(99)
ATLAS, SEQUEL = make_id(11), make_id(12)
FIRST, SECOND = make_id(21), make_id(22)
WRITERS = 16


def record(record_id: str, value: msgspec.Struct, owner: str = "") -> Record:
    """A new record."""
    return Record(record_id, 1, START, START, value, owner)


def book(record_id: str = ATLAS, author: str = ADA, **fields: Any) -> Record:
    """A new book, of Ada's unless another author is given."""
    return record(record_id, Volume(title="A book", author=author, **fields))


class Library:
    """The collections of an open store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.authors = awaited(store.collection(AUTHORS))
        self.books = awaited(store.collection(BOOKS))
        self.chapters = awaited(store.collection(CHAPTERS))

    async def has(self, collection: Collection, record_id: str) -> bool:
        """Whether there is such a record."""
        try:
            await collection.get(record_id)
        except NotFound:
            return False
        return True

    async def transact(self, *writes: Write) -> list[Record | None]:
        """What several writes leave behind."""
        return [written.record for written in await settled(self.store.transact(writes))]


@pytest.fixture
async def library(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Library]:
    """A library with two authors."""
    store = kind.make(tmp_path, LIBRARY, TIMEOUT)
    await store.open()
    library = Library(store)
    await library.authors.insert(record(ADA, Author("Ada")))
    await library.authors.insert(record(BOB, Author("Bob")))
    yield library
    await store.close()


async def test_what_is_referred_to_must_be_there(library: Library) -> None:
    """On insert and update, also where an update leaves the field as it is; null refers to nothing."""
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.insert(book(author=NOBODY))
    with pytest.raises(ReferenceMissing, match="editor"):
        await library.books.insert(book(editor=NOBODY))
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.insert(book(author=NOBODY), once())
    assert 0 == await library.books.count()
    await library.books.insert(book())
    with pytest.raises(ReferenceMissing, match="editor"):
        await library.books.update(ATLAS, {"editor": NOBODY}, LATER)
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.update(ATLAS, {"author": ATLAS}, LATER)
    await library.books.update(ATLAS, {"author": BOB, "editor": ADA, "title": "Other"}, LATER)
    await library.books.update(ATLAS, {"editor": None}, LATER)
    assert Volume(title="Other", author=BOB) == (await library.books.get(ATLAS)).value


async def test_what_is_referred_to_stays(library: Library) -> None:
    """Whatever the reference says is to become of those that refer: a store deletes what it is told to."""
    await library.books.insert(book(editor=BOB))
    await library.chapters.insert(record(FIRST, Chapter(title="One", book=ATLAS)))
    for collection, record_id in ((library.authors, ADA), (library.authors, BOB), (library.books, ATLAS)):
        with pytest.raises(Referenced):
            await collection.delete(record_id)
        with pytest.raises(Referenced):
            await collection.delete(record_id, once())
        assert 1 == (await collection.get(record_id)).version
    await library.chapters.delete(FIRST)
    await library.books.delete(ATLAS)
    await library.authors.delete(ADA)
    assert 1 == await library.authors.count()


async def test_a_record_may_refer_to_itself(library: Library) -> None:
    """It is no other, and so keeps nothing."""
    await library.books.insert(book(translation_of=ATLAS))
    await library.books.update(ATLAS, {"title": "Other"}, LATER)
    await library.books.insert(book(SEQUEL, translation_of=ATLAS))
    with pytest.raises(Referenced):
        await library.books.delete(ATLAS)
    await library.books.update(SEQUEL, {"translation_of": SEQUEL}, LATER)
    await library.books.delete(ATLAS)
    await library.books.delete(SEQUEL)
    assert 0 == await library.books.count()


async def test_other_refusals_come_first(library: Library) -> None:
    """A record that is not there, another version, and a value that is taken: on every store alike."""
    await library.books.insert(book(isbn="1"))
    with pytest.raises(UniqueConflict):
        await library.books.insert(book(SEQUEL, author=NOBODY, isbn="1"))
    with pytest.raises(VersionConflict):
        await library.books.update(ATLAS, {"author": NOBODY}, LATER, WriteOptions(expected_version=2))
    with pytest.raises(VersionConflict):
        await library.authors.delete(ADA, WriteOptions(expected_version=2))
    with pytest.raises(NotFound):
        await library.authors.delete(NOBODY)


async def test_dry_runs_are_refused_alike(library: Library) -> None:
    """And keep nothing."""
    tried = WriteOptions(dry_run=True)
    with pytest.raises(ReferenceMissing):
        await library.books.insert(book(author=NOBODY), tried)
    await library.books.insert(book())
    with pytest.raises(ReferenceMissing):
        await library.books.update(ATLAS, {"author": NOBODY}, LATER, tried)
    with pytest.raises(Referenced):
        await library.authors.delete(ADA, tried)
    await library.authors.delete(BOB, tried)
    assert (2, 1) == (await library.authors.count(), await library.books.count())


async def test_a_transaction_goes_in_its_order(library: Library) -> None:
    """What is made first can be referred to, what is deleted first no longer; nothing stays of the rest."""
    carl = make_id(3)
    await library.transact(
        Insert("authors", record(carl, Author("Carl"))),
        Insert("volumes", book(author=carl)),
        Insert("volumes", book(SEQUEL, author=carl, translation_of=ATLAS)),
        Insert("chapters", record(FIRST, Chapter(title="One", book=SEQUEL))),
    )
    with pytest.raises(WriteRefused) as refused:
        await library.transact(
            Insert("volumes", book(make_id(13))), Insert("volumes", book(make_id(14), author=NOBODY))
        )
    assert (1, ReferenceMissing) == (refused.value.index, type(refused.value.refusal))
    with pytest.raises(WriteRefused) as refused:
        await library.transact(Delete("chapters", FIRST), Delete("authors", carl))
    assert (1, Referenced) == (refused.value.index, type(refused.value.refusal))
    assert (2, 1) == (await library.books.count(), await library.chapters.count())
    await library.transact(
        Delete("chapters", FIRST),
        Update("volumes", SEQUEL, {"translation_of": None}, LATER),
        Delete("volumes", ATLAS),
        Delete("volumes", SEQUEL),
        Delete("authors", carl),
    )
    assert 2 == await library.authors.count()


async def test_what_is_referred_to_may_have_to_be_an_owners(library: Library) -> None:
    """That there is a record of another owner's changes nothing: it is not there."""
    await library.authors.insert(record(make_id(3), Author("Carl"), "her"))
    hers = WriteOptions("her", demands=(Demand("author", "authors", make_id(3), "her"),))
    his = WriteOptions("her", demands=(Demand("author", "authors", make_id(3), "him"),))
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.insert(book(author=make_id(3)), his)
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.insert(book(author=make_id(3)), msgspec.structs.replace(his, key=once().key))
    with pytest.raises(WriteRefused) as refused:
        await library.transact(
            Insert("volumes", book(SEQUEL)), Insert("volumes", book(author=make_id(3)), his)
        )
    assert (1, ReferenceMissing) == (refused.value.index, type(refused.value.refusal))
    assert 0 == await library.books.count()
    await library.books.insert(record(ATLAS, Volume(title="A book", author=make_id(3)), "her"), hers)
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.update(ATLAS, {"author": make_id(3), "title": "x"}, LATER, his)
    wrong = msgspec.structs.replace(his, expected_version=2)
    with pytest.raises(VersionConflict):
        await library.books.update(ATLAS, {"author": make_id(3)}, LATER, wrong)
    await library.books.update(ATLAS, {"author": make_id(3)}, LATER, hers)
    assert 2 == (await library.books.get(ATLAS)).version


CASCADE = (Delete("chapters", FIRST), Update("volumes", SEQUEL, {"translation_of": None}, LATER))


async def _shelf(library: Library) -> None:
    """A book with a chapter, and another that refers to it."""
    await library.books.insert(book())
    await library.books.insert(book(SEQUEL, translation_of=ATLAS))
    await library.chapters.insert(record(FIRST, Chapter(title="One", book=ATLAS)))


async def test_writes_before_another_are_of_its_transaction(library: Library) -> None:
    """All of them are made or none, and what they changed is returned."""
    await _shelf(library)
    wrong = WriteOptions(before=CASCADE, expected_version=7)
    with pytest.raises(VersionConflict):
        await library.books.delete(ATLAS, wrong)
    assert 1 == (await library.books.get(SEQUEL)).version
    tried = await library.books.delete(ATLAS, WriteOptions(before=CASCADE, dry_run=True))
    assert not tried.made
    assert await library.has(library.chapters, FIRST)
    written = await library.books.delete(ATLAS, WriteOptions(before=CASCADE))
    assert {Place("chapters", FIRST), Place("volumes", SEQUEL)} == set(written.changed)
    assert not await library.has(library.chapters, FIRST)
    sequel = await library.books.get(SEQUEL)
    assert (2, None) == (sequel.version, sequel.value.translation_of)  # type: ignore[attr-defined]


async def test_a_write_before_another_that_is_refused_refuses_it(library: Library) -> None:
    """The error has its place, and nothing is left of any."""
    await _shelf(library)
    before = (*CASCADE, Delete("chapters", SECOND))
    with pytest.raises(WriteRefused) as refused:
        await library.books.delete(ATLAS, WriteOptions(before=before))
    assert (2, NotFound) == (refused.value.index, type(refused.value.refusal))
    assert (2, 1) == (await library.books.count(), await library.chapters.count())
    assert 1 == (await library.books.get(SEQUEL)).version


async def test_a_key_covers_what_comes_before(library: Library) -> None:
    """The same write again makes none of it."""
    await _shelf(library)
    options = msgspec.structs.replace(once(), before=CASCADE)
    await library.books.delete(ATLAS, options)
    await library.chapters.insert(record(FIRST, Chapter(title="One", book=SEQUEL)))
    again = await library.books.delete(ATLAS, options)
    assert again.replayed
    assert await library.has(library.chapters, FIRST)


async def test_several_writes_may_each_have_others_before_them(library: Library) -> None:
    """In one transaction."""
    await _shelf(library)
    with pytest.raises(WriteRefused) as refused:
        await library.transact(
            Delete("volumes", ATLAS, WriteOptions(before=CASCADE)), Delete("volumes", make_id(13))
        )
    assert 1 == refused.value.index
    written = await settled(
        library.store.transact(
            [Insert("volumes", book(make_id(13))), Delete("volumes", ATLAS, WriteOptions(before=CASCADE))]
        )
    )
    assert {Place("chapters", FIRST), Place("volumes", SEQUEL)} == set(written[1].changed)
    assert (2, 0) == (await library.books.count(), await library.chapters.count())


async def test_no_race_leaves_an_orphan(library: Library) -> None:
    """One deletes an author while others refer to her: the second is refused."""
    for round_ in range(4):
        author = make_id(100 + round_)
        await library.authors.insert(record(author, Author("Carl")))
        books = [
            library.books.insert(book(make_id(1_000 + round_ * 100 + number), author=author))
            for number in range(WRITERS)
        ]
        half = WRITERS // 2
        outcomes = await asyncio.gather(
            *books[:half], library.authors.delete(author), *books[half:], return_exceptions=True
        )
        refused = [each for each in outcomes if isinstance(each, BaseException)]
        assert {EstuaryError, ReferenceMissing, Referenced} >= {type(each) for each in refused}
        left = await library.has(library.authors, author)
        assert left == (WRITERS > sum(isinstance(each, ReferenceMissing) for each in refused))


async def test_a_load_takes_records_in_any_order(library: Library) -> None:
    """But refuses those that refer to what is not among them, and changes nothing then."""

    async def batches(*lots: tuple[Resource, list[Record]]) -> AsyncIterator[tuple[Resource, list[Record]]]:
        for lot in lots:
            yield lot

    chapters = [record(FIRST, Chapter(title="One", book=ATLAS, within=SECOND))]
    chapters.append(record(SECOND, Chapter(title="Two", book=ATLAS)))
    carl = [record(make_id(3), Author("Carl"))]
    with pytest.raises(RecordOrphaned):
        await library.store.load(
            batches((CHAPTERS, chapters), (BOOKS, [book()]), (AUTHORS, carl)), replace=True
        )
    assert await library.has(library.authors, ADA)
    shelf = [book(author=make_id(3))]
    await library.store.load(batches((CHAPTERS, chapters), (BOOKS, shelf), (AUTHORS, carl)), replace=True)
    assert (1, 1, 2) == (
        await library.authors.count(),
        await library.books.count(),
        await library.chapters.count(),
    )
    with pytest.raises(Referenced):
        await library.authors.delete(make_id(3))
    with pytest.raises(ReferenceMissing):
        await library.books.insert(book(SEQUEL, author=ADA))
