"""Reads in threads: bounded in time and number, and usable again after each trouble."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from estuary.core.errors import QueriesWaiting, StoreQueryFailed, StoreUnavailable
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.reader_pool import MAX_WAITING, READERS, OutOfTime, ReaderPool

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def endless(cursor: sqlite3.Cursor) -> None:
    """A read that ends only when it is interrupted."""
    cursor.execute(ENDLESS).fetchone()


def one(cursor: sqlite3.Cursor) -> int:
    """A read that ends at once."""
    (value,) = cursor.execute("SELECT 1").fetchone()
    return int(value)


@pytest.fixture
def file(tmp_path: Path) -> DatabaseFile:
    """A database without tables."""
    file = DatabaseFile(tmp_path / "t.db", statements=16)
    file.connect(timeout=1.0).close()
    return file


@pytest.fixture
async def readers(file: DatabaseFile) -> AsyncIterator[ReaderPool]:
    """Readers that give up soon."""
    readers = ReaderPool(file, timeout=0.2, changed=lambda: None)
    yield readers
    await readers.close()


async def test_a_read_runs_in_another_thread(readers: ReaderPool) -> None:
    """The event loop's thread is not the one that reads."""
    assert threading.get_ident() != await readers.run(lambda _: threading.get_ident())


async def test_a_read_that_takes_too_long_is_broken_off(readers: ReaderPool) -> None:
    """The caller is told in time, and the thread is free again for the next."""
    for _ in range(READERS + 1):
        with pytest.raises(StoreUnavailable, match="took too long"):
            await readers.run(endless)

    assert 1 == await readers.run(one)


async def test_a_cancelled_read_is_broken_off(readers: ReaderPool) -> None:
    """No reader goes on for a caller that has left."""
    reads = [asyncio.create_task(readers.run(endless)) for _ in range(READERS)]
    await asyncio.wait(reads, timeout=0.02)
    for read in reads:
        read.cancel()
    await asyncio.wait(reads)

    assert 1 == await readers.run(one)


async def test_waiting_reads_are_bounded(readers: ReaderPool) -> None:
    """Past the bound a caller is told at once."""
    reads = [asyncio.create_task(readers.run(endless)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)

    with pytest.raises(StoreUnavailable, match="too many reads"):
        await readers.run(one)

    await asyncio.wait(reads)
    assert {StoreUnavailable} == {type(read.exception()) for read in reads}
    assert READERS == readers.opened


async def test_the_drivers_errors_are_translated(readers: ReaderPool) -> None:
    """A statement that the engine refuses is `StoreQueryFailed`; a write is not possible at all."""
    with pytest.raises(StoreQueryFailed):
        await readers.run(lambda cursor: cursor.execute("SELECT nothing("))
    with pytest.raises(StoreUnavailable, match="read-only"):
        await readers.run(lambda cursor: cursor.execute("CREATE TABLE t (a)"))


async def test_closing_breaks_off_what_runs(file: DatabaseFile) -> None:
    """No connection and no endless read is left behind."""
    readers = ReaderPool(file, timeout=5.0, changed=lambda: None)
    loop, started = asyncio.get_running_loop(), asyncio.Event()

    def tell_and_read(cursor: sqlite3.Cursor) -> None:
        loop.call_soon_threadsafe(started.set)
        endless(cursor)

    read = asyncio.create_task(readers.run(tell_and_read))
    await started.wait()
    await readers.close()

    with pytest.raises(StoreUnavailable):
        await read
    assert 0 == readers.opened
    with pytest.raises(StoreUnavailable):
        await readers.run(one)


async def test_a_read_past_its_budget_is_broken_off(readers: ReaderPool) -> None:
    """It is distinguished from one for which the time of every call was too short."""
    with pytest.raises(OutOfTime):
        await readers.run_within(endless, 0.05)

    assert 1 == await readers.run_within(one, 0.1)


async def test_reads_with_a_budget_leave_a_thread_to_others(readers: ReaderPool) -> None:
    """One runs at a time; another waits for as long as its budget, and is then told."""
    running = asyncio.create_task(readers.run_within(endless, 0.15))
    await asyncio.sleep(0)

    with pytest.raises(QueriesWaiting):
        await readers.run_within(one, 0.01)

    assert 1 == await readers.run(one)
    with pytest.raises(OutOfTime):
        await running


async def test_a_read_in_turn_has_the_time_of_every_read(file: DatabaseFile) -> None:
    """It has no budget: when its time is over, the database did not answer in time."""
    readers = ReaderPool(file, timeout=0.1, changed=lambda: None)
    with pytest.raises(StoreUnavailable, match="took too long"):
        await readers.run_in_turn(endless)

    running = asyncio.create_task(readers.run_within(endless, 5.0))
    await asyncio.sleep(0)
    with pytest.raises(QueriesWaiting):
        await readers.run_in_turn(one)
    with pytest.raises(OutOfTime):
        await running
    assert 1 == await readers.run_in_turn(one)
    await readers.close()
