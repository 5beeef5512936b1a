"""Opening: a new file, a known one, a foreign one, and everything that can lie in the way."""

import asyncio
import os
import socket
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from estuary.core.errors import StoreRefused, StoreSchemaMismatch, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.resource import Resource
from estuary.core.writes.writes import WriteOptions
from estuary.stores.sqlite import SqliteStore
from estuary.stores.sqlite.schema import APPLICATION_ID, LAYOUT
from tests.contract.making import record_of
from tests.support.collections import awaited
from tests.unit.stores.kinds import record


async def opened(path: Path, *resources: Resource) -> SqliteStore:
    """An open store at `path`."""
    store = SqliteStore(path, resources or [ITEMS])
    await store.open()
    return store


async def make(path: Path, *resources: Resource) -> None:
    """A database of Estuary's at `path`, closed again."""
    await (await opened(path, *resources)).close()


def contents(path: Path) -> bytes:
    """The file, byte by byte."""
    return path.read_bytes()


def files(folder: Path) -> list[str]:
    """The names in `folder`."""
    return [path.name for path in folder.iterdir()]


def write(path: Path, content: bytes) -> None:
    """Put a file where the database is to be."""
    path.parent.mkdir()
    path.write_bytes(content)


def run(path: Path, *statements: str) -> None:
    """What another program does to the file."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


async def test_folder_and_file_are_made(path: Path) -> None:
    """The first start needs nothing prepared, and leaves one file that says whose it is."""
    await make(path)

    assert [path.name] == files(path.parent)
    connection = sqlite3.connect(path)
    assert (APPLICATION_ID,) == connection.execute("PRAGMA application_id").fetchone()
    assert (LAYOUT,) == connection.execute("PRAGMA user_version").fetchone()
    assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()


async def test_a_new_file_is_its_owners_alone(path: Path) -> None:
    """Whatever the umask: SQLite's other files too."""
    before = os.umask(0)
    try:
        store = await opened(path, ITEMS)
        modes = {file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        await store.close()
    finally:
        os.umask(before)
    assert {0o600} == modes


async def test_records_outlive_the_store(path: Path) -> None:
    """What was written is there when the file is opened again, by the same store or another."""
    store = await opened(path)
    kept = record(Item("kept"))
    await awaited(store.collection(ITEMS)).insert(kept)
    await store.close()
    await store.open()
    again = await awaited(store.collection(ITEMS)).get(kept.id)
    await store.close()
    other = await opened(path)

    assert kept == again == await awaited(other.collection(ITEMS)).get(kept.id)
    await other.close()


@pytest.mark.parametrize("name", ["a b%20?mode=memory#x", "naïve \U0001f30a.db"])
async def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    """Characters that mean something in a URI are part of the name."""
    await make(tmp_path / name)

    assert [name] == files(tmp_path)


async def test_two_processes_may_open_at_once(path: Path) -> None:
    """Stores that make the same new file at the same time all succeed."""
    stores = await asyncio.gather(*(opened(path) for _ in range(6)))
    await stores[0].collection(ITEMS).insert(record(Item("seen by all")))

    assert [1] * 6 == [await awaited(store.collection(ITEMS)).count() for store in stores]
    for store in stores:
        await store.close()


async def test_a_new_resource_gets_its_table(path: Path) -> None:
    """A declaration added later costs nothing but a restart."""
    await make(path, ITEMS)
    tags = Resource("tags", Item)
    store = await opened(path, ITEMS, tags)
    await awaited(store.collection(tags)).insert(record(Item("a tag")))

    assert (0, 1) == (
        await awaited(store.collection(ITEMS)).count(),
        await awaited(store.collection(tags)).count(),
    )
    await store.close()


async def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    """A wrong path never costs a foreign file; the message names it."""
    write(path, b"a letter to somebody\n" * 200)

    with pytest.raises(StoreUnavailable, match=rf"{path.name}.*not a database"):
        await opened(path)

    assert b"a letter to somebody\n" * 200 == contents(path)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["CREATE TABLE theirs (a)"], "tables that Estuary did not make"),
        (["PRAGMA application_id = 7"], "another application"),
        ([f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 99"], "newer Estuary"),
    ],
)
async def test_a_foreign_database_is_left_alone(path: Path, statements: list[str], message: str) -> None:
    """Another application's database, or a later release's, is refused as it is."""
    write(path, b"")
    run(path, *statements)
    before = contents(path)

    with pytest.raises(StoreSchemaMismatch, match=message):
        await opened(path)

    assert before == contents(path)


def listen(path: Path) -> None:
    """Make a socket; its file stays when it is closed."""
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


KINDS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a FIFO": os.mkfifo,
    "a socket": listen,
    "a device": lambda path: path.symlink_to("/dev/null"),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_only_a_regular_file_is_a_database(tmp_path: Path, kind: str) -> None:
    """The message says what is there instead, at once: to open a FIFO would wait for who writes to it."""
    path = tmp_path / "estuary.db"
    KINDS[kind](path)
    store = SqliteStore(path, [ITEMS])
    calls = (store.open, store.survey, partial(store.migrate, only_plan=True), store.snapshot().__aenter__)
    for call in calls:
        async with asyncio.timeout(5.0):
            with pytest.raises(
                StoreRefused, match=f"{path}: The database is {kind}.*; name a regular file"
            ):
                await call()
    assert ["estuary.db"] == files(tmp_path)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A file where a folder should be cannot hold a database."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreUnavailable, match=r"folder .*file/below cannot be made: Not a directory"):
        await opened(tmp_path / "file" / "below" / "estuary.db")


async def test_an_old_sqlite_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where STRICT tables are unknown the message says which version is needed, and nothing is made."""
    monkeypatch.setattr("estuary.stores.sqlite.file.LOWEST_VERSION", (99, 1, 0))

    with pytest.raises(StoreUnavailable, match=r"SQLite 99\.1\.0 or later is needed"):
        await opened(path)

    assert [] == files(path.parent.parent)


async def test_a_locked_file_ends_the_wait(path: Path) -> None:
    """Opening waits for another program's lock, but not for ever."""
    await make(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable, match="another process holds the lock"):
        await SqliteStore(path, [ITEMS], timeout=0.1).open()

    other.close()


class Shorter(Struct, frozen=True):
    """An item without its name."""

    description: Annotated[str, Meta(max_length=1000)] | None = None


class Other(Struct, frozen=True):
    """An item whose name is a number."""

    name: int
    description: Annotated[str, Meta(max_length=1000)] | None = None


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (Shorter, "field name is not declared any more, and what it holds would be lost"),
        (Other, "field name is of type TEXT, which does not all fit into the declared type"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
async def test_a_table_that_cannot_be_made_to_fit_is_explained(
    path: Path, declared: type[Struct], message: str
) -> None:
    """The message names table and field and says what to do; the file stays as it is."""
    await make(path)
    before = contents(path)

    with pytest.raises(StoreSchemaMismatch, match=f"Table items: {message}; "):
        await opened(path, Resource("items", declared))

    assert before == contents(path)


async def test_a_table_made_by_hand_must_be_strict(path: Path) -> None:
    """Without STRICT a column takes values of any type, and a read would meet them."""
    await make(path)
    connection = sqlite3.connect(path, isolation_level=None)
    (ddl,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'items'").fetchone()
    connection.close()
    run(path, "DROP TABLE items", ddl.rstrip().removesuffix("STRICT"))

    with pytest.raises(StoreSchemaMismatch, match="Table items is not STRICT"):
        await opened(path)


async def test_a_lost_total_is_counted_again(path: Path) -> None:
    """A total that somebody removed is there again after the next start."""
    store = await opened(path)
    await awaited(store.collection(ITEMS)).insert(record(Item("one")))
    await store.close()
    run(path, "DELETE FROM _estuary_totals")
    store = await opened(path)

    assert 1 == await awaited(store.collection(ITEMS)).count()
    await store.close()


async def test_a_column_that_demands_nothing_is_no_obstacle(path: Path) -> None:
    """A newer release may have added a column; this one goes on without it."""
    await make(path)
    run(path, "ALTER TABLE items ADD COLUMN later TEXT")
    store = await opened(path)

    await awaited(store.collection(ITEMS)).insert(record(Item("fits")))

    assert 1 == await awaited(store.collection(ITEMS)).count()
    await store.close()


async def test_lost_triggers_are_put_back_and_records_counted(path: Path) -> None:
    """A copy of the tables without their triggers is counted again when it is opened."""
    store = await opened(path)
    kept = record(Item("one"))
    await awaited(store.collection(ITEMS)).insert(kept)
    await store.close()
    run(path, "DROP TRIGGER _items_deleted", f"DELETE FROM items WHERE id = '{kept.id}'")  # noqa: S608 (our own id)
    store = await opened(path)

    assert 0 == await awaited(store.collection(ITEMS)).count()
    await awaited(store.collection(ITEMS)).insert(kept)
    await awaited(store.collection(ITEMS)).delete(kept.id)
    assert 0 == await awaited(store.collection(ITEMS)).count()
    await store.close()


async def test_a_file_of_an_earlier_release_remembers_deleted_records_from_now_on(path: Path) -> None:
    """Table and trigger are made, totals are not touched; what other programs delete is remembered, too."""
    store = await opened(path)
    kept = record(Item("one"))
    await awaited(store.collection(ITEMS)).insert(kept)
    await store.close()
    run(path, "DROP TRIGGER _items_remembered", "DROP TABLE _estuary_deleted")
    run(path, "UPDATE _estuary_totals SET total = 7")
    store = await opened(path)
    items = awaited(store.collection(ITEMS))
    assert 7 == await items.count()
    run(path, f"DELETE FROM items WHERE id = '{kept.id}'")  # noqa: S608 (our own id)
    again = await record_of(items.insert(kept, WriteOptions(client_id=True)))
    assert 2 == again.version
    await store.close()
