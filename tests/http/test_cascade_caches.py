"""A delete that takes a thousand records with it is one write; no cache shows one of them afterwards."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec import Struct

from estuary.core.awaiting import settled
from estuary.core.errors import NotFound
from estuary.core.measurements import StoreQueried
from estuary.core.ports import Collection
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.contract.making import make_id
from tests.http.stores import VARIABLES
from tests.support.clocks import START
from tests.support.library import AUTHORS, BOOKS, CHAPTERS, LIBRARY_REFERENCES, Author, Chapter, Volume
from tests.support.service import client_of, make_service, observed

ADA, ATLAS = make_id(1), make_id(2)
PARTS, SECTIONS = 100, 900
"""Chapters of the book, and chapters within these."""


async def library() -> AsyncIterator[tuple[Resource, list[Record]]]:
    """A book with a thousand chapters, over two levels."""
    yield AUTHORS, [record(ADA, Author("Ada"))]
    yield BOOKS, [record(ATLAS, Volume(title="Atlas", author=ADA))]
    yield CHAPTERS, chapters()


def chapters() -> list[Record]:
    """Those in the book itself, and those within these."""
    parts = [(1_000 + part, None) for part in range(PARTS)]
    sections = [(10_000 + number, 1_000 + number % PARTS) for number in range(SECTIONS)]
    return [chapter(number, within) for number, within in (*parts, *sections)]


def chapter(number: int, within: int | None) -> Record:
    """One that is within another, or in the book itself."""
    value = Chapter(title="x", book=ATLAS, within=None if within is None else make_id(within))
    return record(make_id(number), value)


def record(record_id: str, value: Struct) -> Record:
    """A new record."""
    return Record(record_id, 1, START, START, value, "")


async def found(collection: Collection, ids: Sequence[str]) -> int:
    """How many of the records can be read."""

    async def is_there(record_id: str) -> bool:
        try:
            await settled(collection.get(record_id, None))
        except NotFound:
            return False
        return True

    return sum(await asyncio.gather(*map(is_there, ids)))


@pytest.mark.parametrize("kind", ["cached+memory", "cached+sqlite", "redis-cached+memory"])
async def test_what_went_with_a_record_is_not_shown(tmp_path: Path, kind: str) -> None:
    """Over three levels; with a shared cache by another replica neither."""
    variables = VARIABLES[kind](tmp_path)
    services = [
        make_service(tmp_path, RESOURCES=LIBRARY_REFERENCES, **variables)
        for _ in range(2 if kind.startswith("redis") else 1)
    ]
    ids = [each.id for each in chapters()]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(client_of(each, resources=LIBRARY_REFERENCES.split(",")))
            for each in services
        ]
        await services[0].store.load(library(), replace=True)
        read = [each.store.collection(CHAPTERS) for each in services]
        assert {len(ids)} == {await found(each, ids) for each in read}
        written = observed(services[0], StoreQueried)
        assert 204 == (await clients[0].delete(f"/api/v1/volumes/{ATLAS}")).status_code
        assert ["delete"] == [each.operation for each in written if each.operation not in ("get", "page")]
        assert {0} == {await found(each, ids) for each in read}
        assert [0] * len(read) == [await settled(each.count()) for each in read]
