"""A database is opened only with the files that those who have it open use, too."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import awaited
from tests.unit.stores.kinds import record

PROGRAM = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=1)
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("DELETE FROM items")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture
async def made(path: Path) -> Path:
    """A database with a record, which no process has open."""
    store = SqliteStore(path, [ITEMS])
    await store.open()
    await awaited(store.collection(ITEMS)).insert(record(Item("kept")))
    await store.close()
    return path


@pytest.fixture
def other(made: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that has the database open, and has written to its log."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(made)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"open\n" == process.stdout.readline()
        yield process
        if process.stdin is not None:
            process.stdin.close()


def beside(path: Path, suffix: str) -> Path:
    """One of the other two files."""
    return path.with_name(f"{path.name}{suffix}")


def without_log(path: Path) -> None:
    """The log deleted."""
    beside(path, "-wal").unlink()


def without_index(path: Path) -> None:
    """The log's index deleted."""
    beside(path, "-shm").unlink()


def without_both(path: Path) -> None:
    """Both deleted."""
    without_log(path)
    without_index(path)


def with_an_empty_log(path: Path) -> None:
    """The log deleted, and made by a program that then ended."""
    without_log(path)
    beside(path, "-wal").touch()


def with_an_older_log(path: Path) -> None:
    """The log replaced by a copy of one, of another time: its salts are others."""
    log = beside(path, "-wal")
    content = bytearray(log.read_bytes())
    content[16] ^= 1
    log.unlink()
    log.write_bytes(content)


def with_another_index(path: Path) -> None:
    """The index replaced."""
    without_index(path)
    beside(path, "-shm").touch()


def without_database(path: Path) -> None:
    """The main file deleted."""
    path.unlink()


def put_in_place_of(path: Path) -> None:
    """The main file replaced by a copy."""
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


@pytest.mark.parametrize(
    ("lose", "lost"),
    [
        (without_log, "-wal"),
        (without_index, "-shm"),
        (without_both, "-wal"),
        (with_an_empty_log, "-wal"),
        (with_an_older_log, "-wal"),
        (with_another_index, "-shm"),
    ],
)
async def test_files_that_others_do_not_use_are_not_opened(
    made: Path, other: subprocess.Popen[bytes], lose: Callable[[Path], None], lost: str
) -> None:
    """Opened, each process would see its own records; the process that has others open is named."""
    lose(made)
    store = SqliteStore(made, [ITEMS], timeout=0.2)
    message = (
        f"process {other.pid} has the database open, but its {made.name}{lost} was deleted or replaced"
    )
    with pytest.raises(StoreUnavailable, match=message):
        await store.open()
    with pytest.raises(StoreUnavailable, match=message):
        await store.migrate(only_plan=False)


async def test_a_database_is_not_opened_with_the_log_of_another(
    made: Path, other: subprocess.Popen[bytes]
) -> None:
    """A database that was put in the place of one that is open waits until that is closed."""
    put_in_place_of(made)
    store = SqliteStore(made, [ITEMS], timeout=0.2)
    message = f"process {other.pid} has {made.name}-shm open, but its {made.name} was deleted or replaced"
    with pytest.raises(StoreUnavailable, match=message):
        await store.open()
    without_database(made)
    with pytest.raises(StoreUnavailable, match=message):
        await store.open()


async def test_files_that_others_use_are_opened(made: Path, other: subprocess.Popen[bytes]) -> None:
    """What the other process has written is seen."""
    assert other.poll() is None
    store = SqliteStore(made, [ITEMS], timeout=5.0)
    await store.open()
    assert 0 == await awaited(store.collection(ITEMS)).count()
    await store.close()


async def test_who_opens_waits_until_others_have_let_go(made: Path, other: subprocess.Popen[bytes]) -> None:
    """A process that is about to end is waited for."""
    without_log(made)
    store = SqliteStore(made, [ITEMS], timeout=30.0)
    opening = asyncio.create_task(store.open())
    done, _ = await asyncio.wait([opening], timeout=0.2)
    assert set() == done
    other.kill()
    await opening
    assert 1 == await awaited(store.collection(ITEMS)).count()
    await store.close()


async def test_a_log_without_its_database_is_kept(made: Path) -> None:
    """SQLite would make a new database, and delete the log with what is in it."""
    without_database(made)
    beside(made, "-wal").write_bytes(b"records")
    store = SqliteStore(made, [ITEMS], timeout=0.1)
    with pytest.raises(StoreUnavailable, match=f"{made.name}-wal is there without its database"):
        await store.open()
    assert b"records" == beside(made, "-wal").read_bytes()


def complaint(path: Path) -> str:
    """What the other process says that cannot write to the database."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, check=False)
    return done.stderr.decode()


async def test_looking_ends_no_lock_of_this_process(made: Path) -> None:
    """POSIX locks end with any descriptor of the file: a lock that this process has must outlast a look."""
    with closing(sqlite3.connect(made, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        store = SqliteStore(made, [ITEMS], timeout=0.1)
        with pytest.raises(StoreUnavailable, match="another process holds the lock"):
            await store.open()
        assert "database is locked" in await asyncio.to_thread(complaint, made)
