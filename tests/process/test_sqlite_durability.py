"""A process that is killed while it writes loses nothing that it had acknowledged."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from estuary.core.items import ITEMS
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import awaited

ROUNDS = int(os.environ.get("ESTUARY_TEST_KILLS", "10"))
MOST_ACKNOWLEDGED = 1500
"""A round is ended after a random number of acknowledgements, at most so many."""


def write_until_killed(path: Path, acknowledgements: int) -> list[str]:
    """The ids that a writer acknowledged before SIGKILL hit it, some after `acknowledgements` included."""
    command = [sys.executable, "-m", "tests.support.acknowledging_writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ids = [process.stdout.readline() for _ in range(acknowledgements)]
        process.send_signal(signal.SIGKILL)
        ids += process.stdout.readlines()
    # A line that the kill cut short acknowledged nothing.
    return [line.strip() for line in ids if line.endswith("\n")]


def examine(path: Path) -> tuple[str, Counter[str], int]:
    """What SQLite itself says of the file: its integrity, how often each id is there, the total kept."""
    connection = sqlite3.connect(path)
    (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    ids = Counter(found for (found,) in connection.execute("SELECT id FROM items NOT INDEXED"))
    (total,) = connection.execute("SELECT total FROM _estuary_totals WHERE resource = 'items'").fetchone()
    connection.close()
    return integrity, ids, total


@pytest.mark.long
async def test_no_acknowledged_write_is_lost_to_a_kill(tmp_path: Path) -> None:
    """After each kill every acknowledged record is there once, the file is whole and its total exact."""
    path = tmp_path / "estuary.db"
    acknowledged: list[str] = []
    total = 0
    for _ in range(ROUNDS):
        acknowledged += write_until_killed(path, random.randint(1, MOST_ACKNOWLEDGED))  # noqa: S311 (no secret)
        integrity, ids, total = examine(path)

        assert "ok" == integrity
        assert {1} == {ids[record_id] for record_id in acknowledged}
        assert total == ids.total() == len(ids)

    store = SqliteStore(path, [ITEMS])
    await store.open()
    assert total == await awaited(store.collection(ITEMS)).count()
    assert acknowledged[-1] == (await awaited(store.collection(ITEMS)).get(acknowledged[-1])).id
    await store.close()
