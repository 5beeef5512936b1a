"""The writer: groups, and which callers get which error."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from estuary.core.errors import NotFound, StoreQueryFailed, StoreUnavailable
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.writer import MAX_GROUP, MAX_WAITING, Operation, Writer


class Bench:
    """A writer on a table of texts that refuses the text "bad", and the statements it runs."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("CREATE TABLE t (a TEXT UNIQUE CHECK (a <> 'bad')) STRICT")
        self.traced: list[str] = []
        self.committing = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._gate = threading.Event()
        self._gate.set()
        self.connection.set_trace_callback(self._trace)
        self.executor = Executor("test-writer")
        self.present = True
        self.writer = Writer(self.connection, self.executor, timeout=5.0, check=self.check)

    def hold_commits(self) -> None:
        """From now on commits hang, as on a disk that does not answer; `committing` is set by the first."""
        self._gate.clear()

    def let_commits_go(self) -> None:
        """The end of `hold_commits`."""
        self._gate.set()

    def _trace(self, statement: str) -> None:
        self.traced.append(statement)
        if statement == "COMMIT" and not self._gate.is_set():
            self._loop.call_soon_threadsafe(self.committing.set)
            self._gate.wait(10)

    def check(self) -> None:
        """Stands for the file's own check."""
        if not self.present:
            raise StoreUnavailable("gone")

    def kept(self) -> list[str]:
        """What the table holds, in the order it was written."""
        return [text for (text,) in self.connection.execute("SELECT a FROM t ORDER BY rowid")]


def insert(text: str) -> Operation[str]:
    """An operation that keeps `text` and gives it back."""

    def operation(cursor: sqlite3.Cursor) -> str:
        cursor.execute("INSERT INTO t VALUES (?)", (text,))
        return text

    return operation


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A bench whose writer and connection are closed in the end."""
    bench = Bench(tmp_path / "t.db")
    yield bench
    bench.let_commits_go()
    await bench.writer.close()
    bench.executor.stop()
    bench.connection.close()


async def test_waiting_operations_share_a_commit(bench: Bench) -> None:
    """What is there when the writer begins is committed at once, in order, up to the size of a group."""
    texts = [f"{number}" for number in range(MAX_GROUP + 1)]

    assert texts == await asyncio.gather(*(bench.writer.run(insert(text)) for text in texts))

    assert 2 == bench.traced.count("COMMIT")
    assert texts == bench.kept()


async def test_no_caller_is_told_before_the_commit(bench: Bench) -> None:
    """A write is acknowledged when it is durable; what comes meanwhile waits for the next group."""
    bench.hold_commits()
    first = bench.writer.run(insert("a"))
    await bench.committing.wait()
    second = bench.writer.run(insert("b"))
    for _ in range(5):
        await asyncio.sleep(0)

    assert not first.done()
    bench.let_commits_go()
    assert ["a", "b"] == [await first, await second]
    assert 2 == bench.traced.count("COMMIT")


async def test_a_commit_that_hangs_holds_no_caller(bench: Bench) -> None:
    """Callers are told in time, whatever the disk does, and the writer recovers with it."""
    bench.writer = Writer(bench.connection, bench.executor, timeout=0.05, check=bench.check)
    bench.hold_commits()
    hanging = bench.writer.run(insert("a"))
    await bench.committing.wait()
    waiting = bench.writer.run(insert("b"))

    for future in (hanging, waiting):
        with pytest.raises(StoreUnavailable, match="not done in time"):
            await future
    bench.let_commits_go()
    await bench.writer.run(insert("c"))
    # The first had begun, so it may be kept; the second had not, so it must not be.
    assert ["a", "c"] == bench.kept()


async def test_those_who_left_make_room(bench: Bench) -> None:
    """Operations whose callers have left do not count against the limit of waiting ones."""
    bench.hold_commits()
    bench.writer.run(insert("a"))
    await bench.committing.wait()
    for number in range(MAX_WAITING):
        bench.writer.run(insert(f"{number}")).cancel()

    taken = bench.writer.run(insert("b"))
    bench.let_commits_go()
    assert "b" == await taken


async def test_one_failure_is_one_callers_alone(bench: Bench) -> None:
    """A broken rule, an answer such as not-found and a defect leave the rest of the group alone."""

    def not_found(_: sqlite3.Cursor) -> None:
        raise NotFound("x")

    def defect(_: sqlite3.Cursor) -> None:
        raise ZeroDivisionError

    operations = [insert("a"), insert("bad"), not_found, defect, insert("a"), insert("b")]
    outcomes = await asyncio.gather(*map(bench.writer.run, operations), return_exceptions=True)

    assert ["a", StoreQueryFailed, NotFound, ZeroDivisionError, StoreQueryFailed, "b"] == [
        outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes
    ]
    assert 1 == bench.traced.count("COMMIT")
    assert ["a", "b"] == bench.kept()


async def test_a_failed_commit_fails_its_whole_group(bench: Bench) -> None:
    """Where the commit fails no caller was told of success, nothing is kept, and the next group works."""
    bench.connection.execute("CREATE TABLE p (id TEXT PRIMARY KEY)")
    bench.connection.execute("CREATE TABLE c (p TEXT REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
    bench.connection.execute("PRAGMA foreign_keys = ON")

    def dangling(cursor: sqlite3.Cursor) -> None:
        cursor.execute("INSERT INTO c VALUES ('missing')")

    outcomes = await asyncio.gather(*map(bench.writer.run, [insert("a"), dangling]), return_exceptions=True)

    assert [StoreQueryFailed, StoreQueryFailed] == [type(outcome) for outcome in outcomes]
    assert outcomes[0] is not outcomes[1]
    await bench.writer.run(insert("b"))
    assert ["b"] == bench.kept()


async def test_a_full_disk_is_unavailable_and_passes(bench: Bench) -> None:
    """Nothing of the group is kept while there is no room; with room again, writes go on."""
    (pages,) = bench.connection.execute("PRAGMA page_count").fetchone()
    bench.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    large = [insert(f"{number}" * 3000) for number in range(1, 9)]
    outcomes = await asyncio.gather(*map(bench.writer.run, large), return_exceptions=True)

    assert StoreUnavailable in {type(outcome) for outcome in outcomes}
    acknowledged = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert acknowledged == bench.kept()
    bench.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    await bench.writer.run(insert("b"))
    assert [*acknowledged, "b"] == bench.kept()


async def test_a_cancelled_write_that_has_not_begun_is_not_run(bench: Bench) -> None:
    """A caller that left before its turn leaves nothing behind."""
    first = bench.writer.run(insert("a"))
    second = bench.writer.run(insert("b"))
    second.cancel()

    assert "a" == await first
    await bench.writer.run(insert("c"))
    assert ["a", "c"] == bench.kept()


async def test_a_missing_file_fails_every_waiting_write(bench: Bench) -> None:
    """Each caller gets its own error, and the writer goes on once the file is back."""
    bench.present = False
    outcomes = await asyncio.gather(
        *(bench.writer.run(insert(f"{number}")) for number in range(3)), return_exceptions=True
    )

    assert ["gone"] * 3 == [str(outcome) for outcome in outcomes]
    assert 3 == len({id(outcome) for outcome in outcomes})
    bench.present = True
    assert "a" == await bench.writer.run(insert("a"))


async def test_a_closed_writer_takes_nothing(bench: Bench) -> None:
    """Closing waits for what was accepted and refuses what comes after."""
    accepted = bench.writer.run(insert("a"))
    await bench.writer.close()

    assert accepted.done()
    with pytest.raises(StoreUnavailable):
        bench.writer.run(insert("b"))
    assert ["a"] == bench.kept()


async def test_what_is_committed_to_a_lost_file_is_not_acknowledged(bench: Bench) -> None:
    """The files are looked at after the commit, too: only then it is known where the records are."""
    bench.hold_commits()
    write = asyncio.ensure_future(bench.writer.run(insert("lost")))
    await bench.committing.wait()
    bench.present = False
    bench.let_commits_go()

    with pytest.raises(StoreUnavailable, match="gone"):
        await write
