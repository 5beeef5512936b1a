"""A file in an earlier layout goes on working: what is missing is added, and nothing is lost."""

import sqlite3
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from estuary.core.errors import StoreSchemaMismatch
from estuary.core.items import ITEMS, Item
from estuary.core.resource import Resource
from estuary.core.writes.writes import IdempotencyKey, WriteOptions
from estuary.stores.sqlite import SqliteStore
from estuary.stores.sqlite.schema import LAYOUT
from tests.contract.making import make_id
from tests.contract.making import owned as owned_by
from tests.support.collections import awaited
from tests.unit.stores.kinds import NOON, record

TAGS = Resource("tags", Item)
KEYED = WriteOptions(key=IdempotencyKey("", "", "key", "print", NOON))


@pytest.fixture
def old(path: Path) -> Path:
    """A database of layout 1: three items, one tag."""
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(Path(__file__).with_name("layout_1.sql").read_text())
    connection.close()
    return path


def layout(path: Path) -> int:
    """The layout that the file says it has."""
    connection = sqlite3.connect(path)
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(found)


async def test_records_survive_and_have_no_owner(old: Path) -> None:
    """Versions, times and values are as they were; the totals are right; owners and keys can be used."""
    store = SqliteStore(old, [ITEMS])
    await store.open()
    items = awaited(store.collection(ITEMS))
    records, total = await items.slice(0, 10)

    assert (3, LAYOUT) == (total, layout(old))
    assert [(make_id(n), n + 1, f"item {n}", "") for n in range(3)] == [
        (one.id, one.version, one.value.name, one.owner)  # type: ignore[attr-defined]
        for one in records
    ]
    owned = owned_by(record(Item("hers")), "her")
    assert not (await items.insert(owned, KEYED)).replayed
    assert (await items.insert(owned, KEYED)).replayed
    assert (4, 1, [owned]) == (
        await items.count(),
        await items.count("her"),
        await items.page(None, 9, "her"),
    )
    await store.close()


async def test_a_table_that_was_not_declared_is_upgraded_when_it_is(old: Path) -> None:
    """The first start may know fewer resources than the file; the others lose nothing by it."""
    store = SqliteStore(old, [ITEMS])
    await store.open()
    await store.close()
    store = SqliteStore(old, [ITEMS, TAGS])
    await store.open()
    tags = awaited(store.collection(TAGS))

    assert 1 == await tags.count()
    await tags.insert(record(Item("another")))
    assert (2, 3) == (await tags.count(), await awaited(store.collection(ITEMS)).count())
    await store.close()


async def test_an_upgraded_file_is_opened_like_any_other(old: Path) -> None:
    """The second start changes nothing."""
    store = SqliteStore(old, [ITEMS, TAGS])
    await store.open()
    await store.close()
    upgraded = dump(old)
    await store.open()
    await store.close()

    assert upgraded == dump(old)


class Other(Struct, frozen=True):
    """An item whose name is a number."""

    name: int
    description: Annotated[str, Meta(max_length=1000)] | None = None


async def test_a_file_that_does_not_fit_stays_in_its_layout(old: Path) -> None:
    """What this release refuses, the one before can still open."""
    before = dump(old)

    with pytest.raises(StoreSchemaMismatch, match="field name is of type TEXT"):
        await SqliteStore(old, [Resource("items", Other)]).open()

    assert (before, 1) == (dump(old), layout(old))


def dump(path: Path) -> list[str]:
    """Everything in the file, as SQL."""
    connection = sqlite3.connect(path)
    statements = list(connection.iterdump())
    connection.close()
    return statements
