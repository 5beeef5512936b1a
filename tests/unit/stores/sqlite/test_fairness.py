"""WriterFairness: a worker that writes without end leaves the lock to one that waits."""

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.fairness import WriterFairness, sole_writer
from estuary.stores.sqlite.writer import Writer

WRITING: dict[str, Any] = {"timeout": 0, "isolation_level": None, "check_same_thread": False}


def test_it_is_due_while_another_worker_waits() -> None:
    """One's own waiting is no reason, and a new worker waits for nothing yet."""
    waiting = [0, 0, 0]
    first, second = WriterFairness(waiting, 0), WriterFairness(waiting, 1)
    first.waits(waiting=True)
    reported = [first.is_due, second.is_due]
    first.waits(waiting=False)
    reported.append(second.is_due)
    waiting[2] = 1
    reported.append(first.is_due)
    WriterFairness(waiting, 2)
    reported.append(first.is_due)
    assert [False, True, False, True, False] == reported
    assert not sole_writer().is_due


async def test_who_waits_gets_in_before_the_other_is_through(tmp_path: Path) -> None:
    """A worker with very many writes leaves the lock alone between two of its transactions."""
    path, waiting = tmp_path / "x.db", [0, 0]
    first, second = (sqlite3.connect(path, **WRITING) for _ in range(2))
    first.execute("CREATE TABLE t (n)")
    executor = Executor("writer")
    writer = Writer(first, executor, timeout=60.0, check=lambda: None, fairness=WriterFairness(waiting, 0))
    waiting[1] = 1
    writes = [writer.run(lambda cursor: cursor.execute("INSERT INTO t VALUES (1)")) for _ in range(4000)]

    def wait_for_the_lock() -> None:
        while True:
            try:
                second.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                time.sleep(0.0002)
            else:
                break

    await writes[0]
    await asyncio.to_thread(wait_for_the_lock)
    assert not writes[-1].done()
    second.execute("ROLLBACK")
    await writes[-1]
    await writer.close()
    executor.stop()
    first.close()
    second.close()
