"""An open store: what it shares with other programs, what it notices, and how it ends."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from estuary.core.errors import StoreQueryFailed, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.observations import ConnectionsChanged, Observation
from estuary.core.queries.query import ListQuery, by_cursor
from estuary.core.record import Position
from estuary.stores.sql.list_statements import ListStatements, select_list
from estuary.stores.sql.tables import resource_table
from estuary.stores.sqlite import SqliteStore
from estuary.stores.sqlite.queries import FARTHEST_INLINE_OFFSET
from estuary.stores.sqlite.writer import MAX_WAITING
from tests.contract.making import record_of
from tests.support.collections import awaited
from tests.unit.stores.kinds import NOON, PARTS, part, record


def take_away(path: Path, *, replaced: bool) -> None:
    """Give the file another name, and perhaps its old name to another file."""
    path.rename(path.with_suffix(".old"))
    if replaced:
        path.write_bytes(b"")


def overwrite(path: Path, start: int) -> None:
    """Put bytes that mean nothing over everything from `start` on."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * (size - start))


async def test_every_kind_of_field_comes_back(store: SqliteStore) -> None:
    """A resource with a field of each kind, under names SQL reserves, is kept whole and can be changed."""
    parts = awaited(store.collection(PARTS))
    kept = record(part(tags=["a"], checked=True))
    await parts.insert(kept)

    assert kept == await parts.get(kept.id)
    changed = await record_of(
        parts.update(kept.id, {"checked": None, "tags": [], "due": NOON, "order": "x"}, NOON)
    )
    assert part(tags=[], due=NOON, order="x") == changed.value
    assert changed == await parts.get(kept.id)


async def test_a_whole_number_stays_a_float(store: SqliteStore) -> None:
    """SQLite keeps 4.0 as 4: neither a read nor the answer to an update may give an integer back."""
    parts = awaited(store.collection(PARTS))
    kept = record(part(select=4.0))
    await parts.insert(kept)

    for found in (await parts.get(kept.id), await record_of(parts.update(kept.id, {"count": 1}, NOON))):
        assert float is type(msgspec.structs.asdict(found.value)["select"])


async def test_totals_stay_right_under_other_hands(store: SqliteStore, shell: sqlite3.Connection) -> None:
    """Records added or removed by SQL from outside are counted at once."""
    items = awaited(store.collection(ITEMS))
    for name in ("one", "two", "three"):
        await items.insert(record(Item(name)))
    shell.execute(
        "INSERT INTO items "
        "SELECT 'by hand', version, created_at, updated_at, 'her', 'x', NULL FROM items LIMIT 1"
    )
    shell.execute("DELETE FROM items WHERE name IN ('one', 'two')")

    assert (2, 1) == (await items.count(), await items.count("her"))
    assert 2 == (await items.slice(0, 1))[1]
    shell.execute("UPDATE items SET owner = 'him'")
    assert (2, 0, 2) == (await items.count(), await items.count("her"), await items.count("him"))
    assert 2 == (await items.slice(0, 1, "him"))[1]
    shell.execute("DELETE FROM items")
    assert ([], 0) == await items.slice(0, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO items SELECT * FROM items",
        "INSERT OR IGNORE INTO items SELECT * FROM items",
        "UPDATE OR REPLACE items SET id = 'same'",
    ],
)
async def test_ids_cannot_be_taken_over(
    store: SqliteStore, shell: sqlite3.Connection, statement: str
) -> None:
    """What would replace records without a trigger's notice is refused, so no total can go wrong."""
    items = awaited(store.collection(ITEMS))
    await items.insert(record(Item("one")))
    await items.insert(record(Item("two")))

    with pytest.raises(sqlite3.IntegrityError):
        shell.execute(statement)

    assert 2 == await items.count()


async def test_a_taken_id_is_refused(store: SqliteStore) -> None:
    """The second of two records with one id fails; the first one stays."""
    items = awaited(store.collection(ITEMS))
    kept = record(Item("first"))
    await items.insert(kept)

    with pytest.raises(StoreQueryFailed):
        await items.insert(record(Item("second"), record_id=kept.id))

    assert (kept, 1) == (await items.get(kept.id), await items.count())


async def test_errors_tell_no_sql(store: SqliteStore) -> None:
    """The text of an error may be logged, and holds neither SQL, values nor paths."""
    kept = record(Item("secret"))
    await awaited(store.collection(ITEMS)).insert(kept)

    with pytest.raises(StoreQueryFailed) as raised:
        await awaited(store.collection(ITEMS)).insert(kept)

    assert "The database refused a statement (IntegrityError)" == str(raised.value)


async def test_a_value_the_driver_cannot_bind_is_an_answer(store: SqliteStore) -> None:
    """A lone surrogate is no text in UTF-8: the write fails alone and the store goes on."""
    items = awaited(store.collection(ITEMS))

    with pytest.raises(StoreQueryFailed):
        await items.insert(record(Item("\ud800")))

    await items.insert(record(Item("fine")))
    assert 1 == await items.count()


async def test_a_deep_slice_equals_the_shallow_one(store: SqliteStore) -> None:
    """Past the offset where reads move to a thread, the order simply goes on."""
    items = awaited(store.collection(ITEMS))
    records = [record(Item(f"{number}")) for number in range(FARTHEST_INLINE_OFFSET + 4)]
    await asyncio.gather(*(items.insert(one) for one in records))
    ordered = sorted(records, key=lambda one: one.id)

    for offset in (FARTHEST_INLINE_OFFSET, FARTHEST_INLINE_OFFSET + 1):
        assert (ordered[offset : offset + 2], len(records)) == await items.slice(offset, 2)
    assert ([], len(records)) == await items.slice(2**63 - 1, 2)


async def test_reads_do_not_wait_for_a_writer(path: Path) -> None:
    """Another program's write lock stops writes in bounded time, and no read at all."""
    store = SqliteStore(path, [ITEMS], timeout=0.2)
    await store.open()
    items = awaited(store.collection(ITEMS))
    kept = record(Item("before"))
    await items.insert(kept)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = record(Item("refused"))

    with pytest.raises(StoreUnavailable):
        await items.insert(refused)

    assert kept == await items.get(kept.id)
    store.ping()
    other.execute("ROLLBACK")
    other.close()
    after = record(Item("after"))
    await items.insert(after)
    # The refused write was never begun: it does not come back when the lock is gone.
    assert {kept.id, after.id} == {one.id for one in await items.page(None, 10)}
    await store.close()


async def test_a_write_waits_for_a_lock_that_goes(store: SqliteStore, shell: sqlite3.Connection) -> None:
    """A lock that is let go within the timeout only delays."""
    shell.execute("BEGIN IMMEDIATE")
    waiting = [
        asyncio.create_task(awaited(store.collection(ITEMS)).insert(record(Item("late")))) for _ in range(3)
    ]
    await asyncio.wait(waiting, timeout=0.05)
    shell.execute("COMMIT")
    await asyncio.gather(*waiting)

    assert 3 == await awaited(store.collection(ITEMS)).count()


async def test_too_many_waiting_writes_are_refused(path: Path) -> None:
    """The queue is bounded: past it a caller is refused at once, and none hangs."""
    store = SqliteStore(path, [ITEMS], timeout=0.3)
    await store.open()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    items = awaited(store.collection(ITEMS))
    outcomes = await asyncio.gather(
        *(items.insert(record(Item("x"))) for _ in range(MAX_WAITING + 1)), return_exceptions=True
    )

    assert {StoreUnavailable} == {type(outcome) for outcome in outcomes}
    assert 1 == sum("too many writes" in str(outcome) for outcome in outcomes)
    other.close()
    await items.insert(record(Item("afterwards")))
    assert 1 == await items.count()
    await store.close()


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
async def test_a_vanished_file_is_noticed(path: Path, replaced: bool) -> None:
    """Writes to a file without a name would be lost: they are refused instead."""
    store = SqliteStore(path, [ITEMS])
    await store.open()
    take_away(path, replaced=replaced)

    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        store.ping()
    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        await awaited(store.collection(ITEMS)).insert(record(Item("lost")))

    await store.close()


async def test_a_damaged_file_is_unavailable(store: SqliteStore, path: Path) -> None:
    """Overwritten pages end in an error that says so, not in a wrong answer."""
    items = awaited(store.collection(ITEMS))
    await asyncio.gather(*(items.insert(record(Item("x" * 255))) for _ in range(500)))
    await store.close()
    overwrite(path, 4096 * 20)
    await store.open()

    with pytest.raises(StoreUnavailable, match="damaged"):
        await items.page(None, 500)


async def test_closing_finishes_what_was_accepted(path: Path) -> None:
    """Writes under way when the store closes are kept, and then the log is part of the file."""
    store = SqliteStore(path, [ITEMS])
    await store.open()
    items = awaited(store.collection(ITEMS))
    writes = [asyncio.create_task(items.insert(record(Item(f"{number}")))) for number in range(200)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*writes)

    assert [path] == list(path.parent.iterdir())
    await store.open()
    assert 200 == await items.count()
    await store.close()


async def test_a_closed_store_is_unavailable(store: SqliteStore) -> None:
    """Before it is opened and after it is closed, as often as one likes, every call says the same."""
    items = awaited(store.collection(ITEMS))
    await store.close()
    await store.close()
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: items.insert(record(Item("x"))),
        lambda: items.get("x"),
        lambda: items.update("x", {}, NOON),
        lambda: items.delete("x"),
        lambda: items.slice(0, 1),
        lambda: items.slice(FARTHEST_INLINE_OFFSET + 1, 1),
        lambda: items.page(None, 1),
        items.count,
    ]

    for call in calls:
        with pytest.raises(StoreUnavailable):
            await call()
    with pytest.raises(StoreUnavailable):
        store.ping()


async def test_open_connections_are_told(path: Path) -> None:
    """One to write, one to read; one more for the first deep slice; none in the end."""
    seen: list[Observation] = []
    store = SqliteStore(path, [ITEMS], observe=seen.append)
    await store.open()
    items = awaited(store.collection(ITEMS))
    await asyncio.gather(*(items.insert(record(Item("x"))) for _ in range(FARTHEST_INLINE_OFFSET + 2)))
    await items.slice(FARTHEST_INLINE_OFFSET + 1, 1)
    await items.slice(FARTHEST_INLINE_OFFSET + 1, 1)
    await store.close()

    assert [ConnectionsChanged(2), ConnectionsChanged(3), ConnectionsChanged(0)] == seen


async def test_reading_leaves_no_snapshot_behind(store: SqliteStore, shell: sqlite3.Connection) -> None:
    """A read that stayed open would keep the log from ever being folded into the file."""
    items = awaited(store.collection(ITEMS))
    kept = record(Item("x"))
    await items.insert(kept)
    await items.get(kept.id)
    await items.page(None, 1)
    await items.slice(0, 1)
    await items.count()
    store.ping()
    await items.insert(record(Item("y")))

    busy, *_ = shell.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    assert 0 == busy


OWNED = {
    "first page": (by_cursor(1, None, "her"), "(owner=?)"),
    "next page": (by_cursor(1, Position(1, "id"), "her"), "(owner=? AND (created_at,id)>(?,?))"),
    "by offset": (ListQuery(1, 1, owner="her"), "(owner=?)"),
}


@pytest.mark.parametrize(("query", "searched"), OWNED.values(), ids=OWNED.keys())
async def test_an_owners_list_is_a_walk_along_an_index(
    store: SqliteStore,  # noqa: ARG001 (it makes the file)
    shell: sqlite3.Connection,
    query: ListQuery,
    searched: str,
) -> None:
    """It costs what the owner's page costs, not what others have: nothing is scanned, nothing sorted."""
    table = resource_table(ITEMS, MetaData())
    lists = ListStatements(partial(select_list, table), SQLiteDialect(paramstyle="qmark"))
    text, parameters = lists.of(query)
    plan = shell.execute(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()

    assert [f"SEARCH items USING INDEX _items_owner {searched}"] == [step[3] for step in plan]


def test_a_store_on_sqlite_imports_no_other_dialect() -> None:
    """Those of PostgreSQL alone take 1.5 MiB of each process, and time at the start."""
    program = (
        "import sys\nfrom estuary.core.items import ITEMS\nfrom estuary.stores.sqlite import SqliteStore\n"
        "from pathlib import Path\nSqliteStore(Path('items.db'), [ITEMS])\n"
        "sys.exit('sqlalchemy.dialects.postgresql' in sys.modules)"
    )
    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode


async def test_records_without_an_owner_are_not_in_the_index_of_owners(
    store: SqliteStore, shell: sqlite3.Connection
) -> None:
    """Where ownership is off, it costs nothing."""
    await awaited(store.collection(ITEMS)).insert(record(Item("x")))
    shell.execute("ANALYZE")

    # SQLite says nothing of an empty index, and from 3.46 on that it has 0 entries.
    reported = dict(shell.execute("SELECT idx, stat FROM sqlite_stat1 WHERE tbl = 'items'"))
    entries = {name: reported.get(name, "0").split()[0] for name in ("_items_position", "_items_owner")}
    assert {"_items_position": "1", "_items_owner": "0"} == entries
