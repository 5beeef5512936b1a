"""A file of the database is deleted or replaced while it is open: nothing acknowledged is lost with it."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.observations import Observation, StoreLost, StoreRecovered
from estuary.core.record import Record
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import awaited
from tests.support.waiting import until
from tests.unit.stores.kinds import record

FILES = ["", "-wal", "-shm"]
GONE = "deleted or replaced"


class Watched:
    """An open store, a record in it, and what it reported of its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.observed: list[Observation] = []
        self.store = SqliteStore(path, [ITEMS], observe=self.observed.append)
        self.items = awaited(self.store.collection(ITEMS))
        self.kept = record(Item("kept"))

    def beside(self, suffix: str) -> Path:
        """One of the database's files."""
        return self.path.with_name(f"{self.path.name}{suffix}")

    @property
    def losses(self) -> list[str]:
        """The reasons that were reported."""
        return [each.reason for each in self.observed if isinstance(each, StoreLost)]

    @property
    def recovered(self) -> bool:
        """Whether the store reported that it is in use again."""
        return StoreRecovered() in self.observed


@pytest.fixture(autouse=True)
def retrying_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores that try soon whether they can be used again."""
    monkeypatch.setattr("estuary.stores.sqlite.sqlite_database.REOPEN_INTERVAL", 0.05)


@pytest.fixture
def not_retrying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores that do not try that before their test is over."""
    monkeypatch.setattr("estuary.stores.sqlite.sqlite_database.REOPEN_INTERVAL", 3600.0)


@pytest.fixture
async def watched(path: Path) -> AsyncIterator[Watched]:
    """A store with a record that is in the log alone."""
    watched = Watched(path)
    await watched.store.open()
    await watched.items.insert(watched.kept)
    yield watched
    await watched.store.close()


def delete(path: Path) -> None:
    """Take the file away for good."""
    path.unlink()


def replace(path: Path) -> None:
    """Put another file in its place, in one step."""
    other = path.with_name("other")
    other.write_bytes(b"")
    other.replace(path)


def move(path: Path) -> None:
    """Give the file another name."""
    path.rename(path.with_name("elsewhere"))


def held_by_this_process(path: Path) -> bytes:
    """What is in the deleted file that was at `path`."""
    for descriptor in Path("/proc/self/fd").iterdir():
        # The descriptor of this very listing is gone by now.
        with suppress(FileNotFoundError):
            if descriptor.readlink() == Path(f"{path} (deleted)"):
                return descriptor.read_bytes()
    raise FileNotFoundError(path)


def in_the_file(path: Path) -> None:
    """Have the log moved into the main file, as happens every now and then."""
    with closing(sqlite3.connect(path)) as connection:
        assert (0, 0, 0) == connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


async def until_it_answers(store: SqliteStore) -> None:
    """Return when the store can be used."""
    async with asyncio.timeout(10.0):
        while True:
            with suppress(StoreUnavailable):
                return store.ping()
            await asyncio.sleep(0.005)


def lead(link: Path, target: Path) -> None:
    """Make `link` a symbolic link to `target`, and nothing else."""
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def records_in(path: Path) -> list[str]:
    """The ids in a database, as SQLite itself finds them, if it finds the file whole."""
    with closing(sqlite3.connect(path)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
        return [found for (found,) in connection.execute("SELECT id FROM items ORDER BY id")]


@pytest.mark.usefixtures("not_retrying")
@pytest.mark.parametrize("lose", [delete, replace, move])
@pytest.mark.parametrize("suffix", FILES)
async def test_a_lost_file_ends_reads_and_writes(
    watched: Watched, suffix: str, lose: Callable[[Path], None]
) -> None:
    """Each of the three files is missed, whatever became of it; it is reported once, with its name."""
    lose(watched.beside(suffix))
    with pytest.raises(StoreUnavailable, match=GONE):
        await watched.items.insert(record(Item("lost")))
    with pytest.raises(StoreUnavailable, match=GONE):
        watched.store.ping()
    await until(lambda: bool(watched.losses))

    calls: list[Callable[[], object]] = [
        lambda: watched.items.get(watched.kept.id),
        lambda: watched.items.slice(0, 1),
        lambda: watched.items.slice(3000, 1),
        lambda: watched.items.page(None, 1),
        watched.items.count,
    ]
    for call in calls:
        with pytest.raises(StoreUnavailable, match=GONE):
            await call()  # type: ignore[misc] # each gives an awaitable
    assert [f"its file {watched.path.name}{suffix} was"] == [
        reason.split("unavailable: ")[1].split(" deleted")[0] for reason in watched.losses[:1]
    ]


@pytest.mark.parametrize("lost", [["-wal"], ["-shm"], ["-wal", "-shm"]], ids=" ".join)
async def test_nothing_acknowledged_is_lost_with_the_log(watched: Watched, lost: list[str]) -> None:
    """What was in the log alone is moved to the main file; then the store is in use again, by itself."""
    for suffix in lost:
        watched.beside(suffix).unlink()
    await until(lambda: watched.recovered)
    after = record(Item("after"))
    await watched.items.insert(after)

    assert [watched.kept.id, after.id] == records_in(watched.path)
    assert watched.kept == await watched.items.get(watched.kept.id)
    assert 1 == len(watched.losses)


async def test_the_log_is_in_the_file_before_it_is_given_up(watched: Watched) -> None:
    """Who is killed while nothing is in use yet has lost nothing: the file alone holds every record."""
    watched.beside("-wal").unlink()
    await until(lambda: bool(watched.losses))
    copy = watched.path.with_name("copy.db")
    await until(lambda: not watched.beside("-shm").exists() or watched.recovered)
    shutil.copy(watched.path, copy)

    assert [watched.kept.id] == records_in(copy)


async def test_a_moved_file_takes_every_record_along(watched: Watched) -> None:
    """The main file is whole without the log that stays behind; put back, it is in use again."""
    elsewhere = watched.path.with_name("elsewhere")
    move(watched.path)
    await until(lambda: len(watched.losses) == 2)
    copy = watched.path.with_name("copy.db")
    shutil.copy(elsewhere, copy)
    assert [watched.kept.id] == records_in(copy)

    elsewhere.rename(watched.path)
    await until(lambda: watched.recovered)
    assert watched.kept == await watched.items.get(watched.kept.id)


async def test_the_whole_folder_may_be_moved_and_put_back(watched: Watched) -> None:
    """All three files are away and come back: no record is missing."""
    folder = watched.path.parent
    folder.rename(folder.with_name("elsewhere"))
    await until(lambda: len(watched.losses) == 2)
    folder.with_name("elsewhere").rename(folder)
    await until(lambda: watched.recovered)

    assert 1 == await watched.items.count()


async def test_a_deleted_file_is_held_until_the_store_is_closed(watched: Watched) -> None:
    """Who deleted the only database can still copy all of it, by the name that the process has for it."""
    delete(watched.path)
    await until(lambda: len(watched.losses) == 2)
    assert f"process {os.getpid()} has open what was lost" in watched.losses[1]
    copy = watched.path.with_name("copy.db")
    copy.write_bytes(held_by_this_process(watched.path))

    assert [watched.kept.id] == records_in(copy)


async def test_the_log_that_stays_does_not_spoil_another_database(watched: Watched, tmp_path: Path) -> None:
    """A database that is put in the place of the open one is found as it is when it is opened next."""
    other = SqliteStore(tmp_path / "other.db", [ITEMS])
    await other.open()
    theirs = record(Item("theirs"))
    await awaited(other.collection(ITEMS)).insert(theirs)
    await other.close()
    os.replace(tmp_path / "other.db", watched.path)  # noqa: PTH105 (no blocking call of pathlib's here)
    await until(lambda: len(watched.losses) == 2)
    await watched.store.close()

    assert [theirs.id] == records_in(watched.path)
    await watched.store.open()
    assert 1 == await watched.items.count()


async def test_a_link_that_leads_elsewhere_is_noticed(path: Path, tmp_path: Path) -> None:
    """The log lies beside the file, not beside the link that the path is; both are looked at."""
    path.parent.mkdir()
    lead(path, tmp_path / "real.db")
    watched = Watched(path)
    await watched.store.open()
    await watched.items.insert(watched.kept)
    delete(tmp_path / "real.db-wal")
    await until(lambda: watched.recovered)
    assert [watched.kept.id] == records_in(path)

    lead(path, tmp_path / "nowhere.db")
    await until(lambda: len(watched.losses) == 3)
    with pytest.raises(StoreUnavailable, match=GONE):
        await watched.items.count()
    await watched.store.close()


async def test_another_programs_log_is_not_overwritten(watched: Watched) -> None:
    """Where another log has been written meanwhile, the file is left alone until that is gone."""
    log = watched.beside("-wal")
    log.unlink()
    log.write_bytes(b"another program's")
    await until(lambda: len(watched.losses) == 2)
    assert "what was acknowledged last would be gone with this process" in watched.losses[1]
    log.unlink()
    await until(lambda: watched.recovered)

    assert [watched.kept.id] == records_in(watched.path)


def move_into_the_file(path: Path) -> None:
    """Have all that the log holds moved into the main file; it keeps its frames until it begins again."""
    with closing(sqlite3.connect(path)) as connection:
        busy, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        assert (0, frames) == (busy, moved)


async def test_a_log_whose_content_is_in_the_file_is_given_up_beside_another_programs(
    watched: Watched,
) -> None:
    """Nothing depends on it: the store goes on with the other log, and spoils nothing that is in that."""
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    move_into_the_file(watched.path)
    watched.store.ping()
    watched.beside("-wal").unlink()
    # In a separate process, which has no part in this one's locks.
    theirs = "import sqlite3, sys; sqlite3.connect(sys.argv[1], isolation_level=None).execute(sys.argv[2])"
    update = "UPDATE items SET description = 'theirs'"
    subprocess.run([sys.executable, "-c", theirs, str(watched.path), update], check=True)  # noqa: ASYNC221 (nothing is to be noticed meanwhile)
    await until(lambda: watched.recovered)
    await watched.store.close()

    with closing(sqlite3.connect(watched.path)) as connection:
        assert [("theirs", 101)] == connection.execute(
            "SELECT description, count(*) FROM items GROUP BY description"
        ).fetchall()
    assert 101 == len(records_in(watched.path))


@pytest.mark.parametrize("left", [0, 0.5], ids=["emptied", "cut"])
async def test_a_log_that_was_cut_and_deleted_is_not_taken_for_one_that_was_moved(
    watched: Watched, left: float
) -> None:
    """What was acknowledged is nowhere else: reported while another log is in its place."""
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    log = watched.beside("-wal")
    os.truncate(log, int(log.stat().st_size * left))
    log.unlink()
    log.write_bytes(b"another program's")
    await until(lambda: len(watched.losses) == 2)

    assert "what was acknowledged last would be gone with this process" in watched.losses[1]
    assert not watched.recovered


@pytest.mark.parametrize("left", [0, 4096], ids=["emptied", "cut"])
async def test_a_file_that_is_cut_short_is_not_written_to(watched: Watched, left: int) -> None:
    """What was acknowledged on top of what is missing could not be read: all is refused, and stays so."""
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    in_the_file(watched.path)
    watched.store.ping()
    os.truncate(watched.path, left)
    with pytest.raises(StoreUnavailable, match="was cut short or written over"):
        await watched.items.insert(record(Item("lost")))
    await until(lambda: bool(watched.losses))

    assert "restore a backup" in watched.losses[0]
    with pytest.raises(StoreUnavailable, match="was cut short or written over"):
        watched.store.ping()
    with pytest.raises(StoreUnavailable, match="was cut short or written over"):
        await watched.items.count()


@pytest.mark.parametrize("left", [0, 0.5], ids=["emptied", "cut"])
async def test_nothing_is_written_behind_a_log_that_is_cut_short(watched: Watched, left: float) -> None:
    """SQLite would go on behind the gap, and after a crash read nothing that follows it: all is refused."""
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    log = watched.beside("-wal")
    os.truncate(log, int(log.stat().st_size * left))
    with pytest.raises(StoreUnavailable, match="-wal was cut short or written over"):
        await watched.items.insert(record(Item("lost")))
    await until(lambda: bool(watched.losses))

    assert "restart the service to go on with what is left" in watched.losses[0]
    with pytest.raises(StoreUnavailable, match="-wal was cut short or written over"):
        watched.store.ping()
    with pytest.raises(StoreUnavailable, match="-wal was cut short or written over"):
        await watched.items.count()


async def test_a_log_that_another_program_moved_into_the_file_and_emptied_is_in_use(
    watched: Watched,
) -> None:
    """That is what `PRAGMA wal_checkpoint(TRUNCATE)` of an operator's shell does."""
    for name in ("first", "second"):
        in_the_file(watched.path)
        assert 0 == watched.beside("-wal").stat().st_size
        watched.store.ping()
        await watched.items.insert(record(Item(name)))

    assert 3 == await watched.items.count()
    assert [] == watched.losses


@pytest.mark.parametrize("linked", [False, True], ids=["a file", "what a link leads to"])
async def test_a_file_that_was_moved_is_lost_though_a_link_leads_to_it(
    tmp_path: Path, *, linked: bool
) -> None:
    """The next process would look for the log beside it in its new place, where it is missing."""
    path = main = tmp_path / "test.db"
    if linked:
        main = tmp_path / "target.db"
        path.symlink_to(main)
    watched = Watched(path)
    await watched.store.open()
    await watched.items.insert(watched.kept)
    moved = main.rename(tmp_path / "moved.db")
    path.unlink(missing_ok=True)
    path.symlink_to(moved)
    with pytest.raises(StoreUnavailable, match=GONE):
        await watched.items.insert(record(Item("lost")))
    await until(lambda: len(watched.losses) == 2)
    await watched.store.close()

    assert [watched.kept.id] == records_in(moved)


async def test_a_shorter_copy_over_the_open_file_is_noticed(watched: Watched, tmp_path: Path) -> None:
    """`cp` leaves the file's identity as it is; the log of what was there before would spoil the copy."""
    other = SqliteStore(tmp_path / "other.db", [ITEMS])
    await other.open()
    await other.close()
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    in_the_file(watched.path)
    watched.store.ping()
    shutil.copyfile(tmp_path / "other.db", watched.path)
    with pytest.raises(StoreUnavailable, match="was cut short or written over"):
        await watched.items.insert(record(Item("lost")))


async def test_a_file_that_vacuum_made_shorter_is_in_use(watched: Watched) -> None:
    """Fewer pages are no loss: after a moment everything is as before."""
    await asyncio.gather(*(watched.items.insert(record(Item("x" * 255))) for _ in range(100)))
    in_the_file(watched.path)
    watched.store.ping()
    length = watched.path.stat().st_size
    with closing(sqlite3.connect(watched.path, isolation_level=None)) as other:
        other.execute(f"DELETE FROM items WHERE id <> '{watched.kept.id}'")  # noqa: S608 (our own id)
        other.execute("VACUUM")
    in_the_file(watched.path)

    assert watched.path.stat().st_size < length
    await until_it_answers(watched.store)
    await watched.items.insert(record(Item("after")))
    assert (2, []) == (await watched.items.count(), watched.losses)


async def test_it_is_not_opened_beside_what_this_process_still_has_open(watched: Watched) -> None:
    """A read that goes on in the lost files is waited for: two logs in one process would be mixed up."""
    with closing(sqlite3.connect(watched.path)) as reading:
        reading.execute("SELECT id FROM items").fetchall()
        watched.beside("-wal").unlink()
        await until(lambda: len(watched.losses) == 2)
        assert "this process still has it open" in watched.losses[1]
    await until(lambda: watched.recovered)

    assert watched.kept == await watched.items.get(watched.kept.id)


async def test_a_load_into_files_that_go_is_no_success(watched: Watched) -> None:
    """What is loaded while the log is deleted is not reported as kept."""

    async def batches() -> AsyncIterator[tuple[object, list[Record]]]:
        yield ITEMS, [record(Item("loaded"))]
        watched.beside("-wal").unlink()

    with pytest.raises(StoreUnavailable, match=GONE):
        await watched.store.load(batches(), replace=True)  # type: ignore[arg-type] # of one resource


async def test_a_dump_of_files_that_are_gone_is_refused(watched: Watched) -> None:
    """Part of the records is never taken for all of them."""
    watched.beside("-shm").unlink()
    with pytest.raises(StoreUnavailable, match=GONE):
        await watched.store.snapshot().__aenter__()
