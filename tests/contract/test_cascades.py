"""A delete takes with it, or changes, what its references say: all of it or nothing, on every store."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from estuary.core.access.access import Action
from estuary.core.access.identity import Identity
from estuary.core.access.reach import EVERYONES, NOBODYS, Whose
from estuary.core.errors import (
    CascadeTooLarge,
    NotFound,
    Referenced,
    ReferenceMissing,
    VersionConflict,
    WriteRefused,
)
from estuary.core.record import Place, Record
from estuary.core.resource import Resource
from estuary.core.writes.writes import Delete, Insert, Update, WriteOptions
from estuary.stores import cascades
from estuary.stores.contention import Contention
from estuary.stores.referring import ReferringStore
from tests.contract.making import LATER, TIMEOUT, dice, make_id, once
from tests.contract.stores import StoreKind
from tests.support.clocks import START, SettableClock
from tests.support.collections import awaited
from tests.support.library import AUTHORS, BOOKS, CHAPTERS, LIBRARY, Author, Chapter, Volume

ADA, BOB = make_id(1), make_id(2)
ATLAS, SEQUEL = make_id(11), make_id(12)
HER = Identity("her", "her", frozenset())
CLERK = Identity("clerk", None, frozenset())


def record(record_id: str, value: msgspec.Struct, owner: str = "") -> Record:
    """A new record."""
    return Record(record_id, 1, START, START, value, owner)


def book(record_id: str = ATLAS, author: str = ADA, owner: str = "", **fields: Any) -> Record:
    """A new book, of Ada's unless another author is given."""
    return record(record_id, Volume(title="A book", author=author, **fields), owner)


def chapter(number: int, book: str = ATLAS, within: int | None = None, owner: str = "") -> Record:
    """A new chapter, of the atlas unless another book is given."""
    value = Chapter(title=f"{number}", book=book, within=None if within is None else make_id(within))
    return record(make_id(number), value, owner)


def reach(identity: Identity | None, resource: str, action: Action) -> Whose:
    """Everyone may do all; those with an owner with their own records; clerks delete no chapter."""
    if identity is None:
        return EVERYONES
    if identity is CLERK:
        return NOBODYS if (resource, action) == ("chapters", Action.DELETE) else EVERYONES
    return Whose(identity.owner)


class Library:
    """The collections of an open store, and what is in them."""

    def __init__(self, store: ReferringStore) -> None:
        self.store = store
        self.authors = awaited(store.collection(AUTHORS))
        self.books = awaited(store.collection(BOOKS))
        self.chapters = awaited(store.collection(CHAPTERS))
        self._of = {"authors": self.authors, "volumes": self.books, "chapters": self.chapters}

    async def add(self, *records: Record) -> None:
        """Keep records."""
        for each in records:
            await self._of[RESOURCE_OF[type(each.value)].name].insert(each)

    async def left(self) -> dict[Place, Record]:
        """Everything that is there."""
        return {
            Place(name, each.id): each
            for name, collection in self._of.items()
            for each in (await collection.slice(0, 100))[0]
        }

    async def numbers(self) -> tuple[int, int, int]:
        """Of authors, books and chapters."""
        return (await self.authors.count(), await self.books.count(), await self.chapters.count())


RESOURCE_OF: dict[type[msgspec.Struct], Resource] = {Author: AUTHORS, Volume: BOOKS, Chapter: CHAPTERS}


@pytest.fixture
async def library(kind: StoreKind, tmp_path: Path, clock: SettableClock) -> AsyncIterator[Library]:
    """A library with two authors."""
    inner = kind.make(tmp_path, LIBRARY, TIMEOUT)
    await inner.open()
    attempts = Contention(clock.monotonic).attempts
    library = Library(ReferringStore(inner, LIBRARY, reach, clock.now, attempts, lambda _: None))
    await library.add(record(ADA, Author("Ada")), record(BOB, Author("Bob")))
    yield library
    await inner.close()


async def test_what_goes_with_a_record(library: Library) -> None:
    """Over three levels; records that would refer to nothing get null and a new version; all are listed."""
    await library.add(book(), book(SEQUEL, translation_of=ATLAS, editor=BOB))
    await library.add(chapter(21), chapter(22, within=21), chapter(23, SEQUEL), chapter(24, SEQUEL, 22))
    written = await library.books.delete(ATLAS)
    changed = {Place("chapters", make_id(number)) for number in (21, 22, 24)} | {Place("volumes", SEQUEL)}
    assert changed == set(written.changed)
    assert (2, 1, 1) == await library.numbers()
    sequel = await library.books.get(SEQUEL)
    assert (2, Volume(title="A book", author=ADA, editor=BOB)) == (sequel.version, sequel.value)
    await library.authors.delete(BOB)
    assert 3 == (await library.books.get(SEQUEL)).version
    with pytest.raises(Referenced):
        await library.authors.delete(ADA)
    assert (1, 1, 1) == await library.numbers()


async def test_records_that_refer_to_each_other_go_together(library: Library) -> None:
    """Also where the field cannot be null, or the circle goes through the record that is deleted."""
    await library.add(book(), chapter(21), chapter(22, within=21), chapter(23, within=22))
    await library.chapters.update(make_id(21), {"within": make_id(23)}, LATER)
    await library.chapters.delete(make_id(22))
    assert (2, 1, 0) == await library.numbers()
    await library.add(book(SEQUEL, translation_of=ATLAS))
    await library.books.update(ATLAS, {"translation_of": SEQUEL}, LATER)
    await library.books.delete(ATLAS, WriteOptions(expected_version=2))
    assert None is (await library.books.get(SEQUEL)).value.translation_of  # type: ignore[attr-defined]


async def test_what_is_refused_changes_nothing(library: Library) -> None:
    """For an asker who may not delete one of them, or not update one, they are in the way."""
    await library.add(book(owner="her"), chapter(21, owner="her"), chapter(22, owner="him"))
    hers = WriteOptions("her", identity=HER)
    for options in (hers, WriteOptions(identity=CLERK), WriteOptions("her", dry_run=True, identity=HER)):
        with pytest.raises(Referenced):
            await library.books.delete(ATLAS, options)
    await library.chapters.delete(make_id(22))
    await library.add(book(SEQUEL, translation_of=ATLAS, owner="him"))
    with pytest.raises(Referenced):
        await library.books.delete(ATLAS, hers)
    with pytest.raises(NotFound):
        await library.books.delete(ATLAS, WriteOptions("him", identity=Identity("h", "him", frozenset())))
    with pytest.raises(VersionConflict):
        await library.books.delete(ATLAS, msgspec.structs.replace(hers, expected_version=2))
    assert (2, 2, 1) == await library.numbers()
    assert 1 == (await library.books.get(SEQUEL)).version
    await library.books.delete(SEQUEL)
    assert (await library.books.delete(ATLAS, msgspec.structs.replace(hers, expected_version=1))).made
    assert (2, 0, 0) == await library.numbers()


async def test_dry_runs_tell_the_same(library: Library) -> None:
    """And leave everything."""
    await library.add(book(), chapter(21))
    written = await library.books.delete(ATLAS, WriteOptions(dry_run=True))
    assert not written.made
    assert (2, 1, 1) == await library.numbers()


async def test_a_key_covers_all(library: Library) -> None:
    """What refers to a record of the same id later stays, whoever may delete it."""
    await library.add(book(owner="her"), chapter(21, owner="her"))
    hers = msgspec.structs.replace(once(owner="her"), identity=HER)
    await library.books.delete(ATLAS, hers)
    await library.books.insert(book(owner="her"), WriteOptions(client_id=True))
    await library.add(chapter(22, owner="him"))
    assert (await library.books.delete(ATLAS, hers)).replayed
    assert (2, 1, 1) == await library.numbers()


async def test_an_asker_refers_to_what_it_may_read(library: Library) -> None:
    """Any other is not there; what a record refers to already can stay."""
    await library.add(record(make_id(3), Author("Carl"), "him"), record(make_id(4), Author("Dora"), "her"))
    hers = WriteOptions("her", identity=HER)
    for author in (ADA, make_id(3), make_id(99)):
        with pytest.raises(ReferenceMissing, match="author"):
            await library.books.insert(book(author=author, owner="her"), hers)
    await library.books.insert(book(author=make_id(4), owner="her"), hers)
    with pytest.raises(ReferenceMissing, match="editor"):
        await library.books.update(ATLAS, {"editor": ADA, "title": "x"}, LATER, hers)
    await library.books.update(ATLAS, {"editor": ADA}, LATER)
    await library.books.update(ATLAS, {"editor": ADA, "title": "y"}, LATER, hers)
    with pytest.raises(ReferenceMissing, match="author"):
        await library.books.update(ATLAS, {"editor": ADA, "author": BOB}, LATER, hers)
    with pytest.raises(NotFound):
        await library.books.update(SEQUEL, {"editor": ADA}, LATER, hers)
    found = await library.books.get(ATLAS)
    assert (3, "y") == (found.version, found.value.title)  # type: ignore[attr-defined]


async def test_batches_cascade(library: Library) -> None:
    """What writes before have made counts: new records go too, those that left stay."""
    await library.add(book(), book(SEQUEL), chapter(21), chapter(22), chapter(23))
    outcomes = await library.store.transact(
        [
            Delete("chapters", make_id(21)),
            Update("chapters", make_id(22), {"book": SEQUEL}, LATER),
            Update("chapters", make_id(23), {"title": "other"}, LATER),
            Insert("chapters", chapter(24)),
            Insert("chapters", chapter(25, SEQUEL, 24)),
            Delete("volumes", ATLAS),
        ]
    )
    gone = {Place("chapters", make_id(number)) for number in (23, 24, 25)}
    assert gone == set(outcomes[-1].changed)
    assert (2, 1, 1) == await library.numbers()
    with pytest.raises(WriteRefused) as refused:
        await library.store.transact(
            [Delete("volumes", SEQUEL), Delete("authors", ADA), Delete("authors", ADA)]
        )
    assert (2, NotFound) == (refused.value.index, type(refused.value.refusal))
    assert (2, 1, 1) == await library.numbers()
    await library.add(book())
    with pytest.raises(WriteRefused) as refused:
        await library.store.transact([Delete("volumes", SEQUEL), Delete("authors", ADA)])
    assert (1, Referenced) == (refused.value.index, type(refused.value.refusal))


async def test_a_delete_takes_a_bounded_number(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it nothing is deleted."""
    monkeypatch.setattr(cascades, "MOST_CASCADED", 3)
    await library.add(book(), *map(chapter, (21, 22, 23)))
    with pytest.raises(CascadeTooLarge):
        await library.books.delete(ATLAS)
    assert (2, 1, 3) == await library.numbers()
    await library.chapters.delete(make_id(22))
    await library.books.delete(ATLAS)
    assert (2, 0, 0) == await library.numbers()


async def test_others_write_meanwhile(library: Library) -> None:
    """Of chapters that come while their book goes, none is left without it."""
    for round_ in range(3):
        atlas = make_id(1_000 + round_)
        await library.add(book(atlas))
        chapters = [
            library.chapters.insert(chapter(2_000 + round_ * 100 + each, atlas)) for each in range(16)
        ]
        outcomes = await asyncio.gather(
            *chapters[:8], library.books.delete(atlas), *chapters[8:], return_exceptions=True
        )
        assert all(isinstance(each, ReferenceMissing) for each in outcomes if isinstance(each, Exception))
    assert (2, 0, 0) == await library.numbers()


async def test_deletes_do_what_a_model_does(library: Library) -> None:
    """What is left of random libraries, with its versions, or that a reference is in the way."""
    chance = dice(7)
    for _ in range(12):
        await _emptied(library)
        numbers = list(range(100, 106))
        books: dict[str, Record] = {}
        for number in numbers:
            original = chance.choice([None, *books])
            editor = chance.choice([None, ADA, BOB])
            each = book(make_id(number), chance.choice([ADA, BOB]), editor=editor, translation_of=original)
            books[each.id] = each
        chapters: list[Record] = []
        for number in range(200, 210):
            within = chance.choice([None, *range(200, number)])
            chapters.append(chapter(number, chance.choice(list(books)), within))
        await library.add(*books.values(), *chapters)
        for _ in range(5):
            before = await library.left()
            place = chance.choice(sorted(before))
            expected = _modelled(before, place)
            if expected is None:
                with pytest.raises(Referenced):
                    await _delete(library, place)
                assert before == await library.left()
            else:
                await _delete(library, place)
                assert expected == {
                    each: (found.version, found.value) for each, found in (await library.left()).items()
                }
            if place.resource == "authors" and expected is not None:
                await library.add(record(place.id, Author("Again")))


async def _delete(library: Library, place: Place) -> None:
    collections = {"authors": library.authors, "volumes": library.books, "chapters": library.chapters}
    await collections[place.resource].delete(place.id)


async def _emptied(library: Library) -> None:
    for place in sorted(await library.left(), reverse=True):
        if place.resource != "authors" and place in await library.left():
            await _delete(library, place)


def _modelled(before: dict[Place, Record], root: Place) -> dict[Place, tuple[int, Any]] | None:
    """What is left of `before`: None where a reference is in the way."""
    gone = {root}
    while True:
        more = {
            place
            for place, found in before.items()
            if place.resource == "chapters"
            and (
                Place("volumes", found.value.book) in gone  # type: ignore[attr-defined]
                or Place("chapters", found.value.within) in gone  # type: ignore[attr-defined]
            )
        } - gone
        if not more:
            break
        gone |= more
    left: dict[Place, tuple[int, Any]] = {}
    for place, found in before.items():
        if place in gone:
            continue
        value, version = found.value, found.version
        if isinstance(value, Volume):
            if Place("authors", value.author) in gone:
                return None
            cleared = {
                name: None
                for name, resource in (("editor", "authors"), ("translation_of", "volumes"))
                if Place(resource, getattr(value, name)) in gone
            }
            value, version = msgspec.structs.replace(value, **cleared), version + bool(cleared)
        left[place] = (version, value)
    return left
