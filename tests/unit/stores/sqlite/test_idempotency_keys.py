"""Idempotency keys in the file: kept with their write or not at all, and not for ever."""

import asyncio
import sqlite3
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from estuary.core.errors import StoreQueryFailed
from estuary.core.items import ITEMS, Item
from estuary.core.writes.writes import KEY_LIFETIME
from estuary.stores.sql.idempotency_keys import REMOVED_AT_ONCE
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import make_record, once
from tests.support.clocks import START
from tests.support.collections import awaited
from tests.unit.stores.kinds import record

PROCESSES = 3
KEYS = 200


def kept(shell: sqlite3.Connection) -> int:
    """How many keys the file holds."""
    (number,) = shell.execute("SELECT count(*) FROM _estuary_keys").fetchone()
    return int(number)


async def test_a_key_that_cannot_be_kept_undoes_its_write(
    store: SqliteStore, shell: sqlite3.Connection
) -> None:
    """Neither without the other; writes that share the transaction are not touched by it."""
    items = awaited(store.collection(ITEMS))
    shell.execute(
        "CREATE TRIGGER refuse BEFORE INSERT ON _estuary_keys WHEN NEW.key = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    fine = [make_record(1), make_record(2), make_record(3)]

    outcomes = await asyncio.gather(
        items.insert(fine[0]),
        items.insert(make_record(9), once("bad")),
        items.insert(fine[1], once("good")),
        items.insert(fine[2]),
        return_exceptions=True,
    )

    assert [1] == [place for place, each in enumerate(outcomes) if isinstance(each, StoreQueryFailed)]
    assert (fine, 3) == (await items.page(None, 9), await items.count())
    assert 1 == kept(shell)


async def test_expired_keys_go_a_few_at_a_time(store: SqliteStore, shell: sqlite3.Connection) -> None:
    """Each keyed write removes more than it adds, and never more than a few: the oldest first."""
    items = awaited(store.collection(ITEMS))
    for number in range(20):
        await items.insert(make_record(number), once(f"{number}"))
    later = START + KEY_LIFETIME

    for number in range(4):
        await items.insert(make_record(100 + number), once(f"later {number}", now=later))
        assert 20 - (number + 1) * (REMOVED_AT_ONCE - 1) == kept(shell)

    for number in range(4, 9):
        await items.insert(make_record(100 + number), once(f"later {number}", now=later))
    assert 9 == kept(shell)


async def test_writes_without_a_key_keep_none(store: SqliteStore, shell: sqlite3.Connection) -> None:
    """The table of keys grows with keys alone."""
    await awaited(store.collection(ITEMS)).insert(record(Item("x")))

    assert 0 == kept(shell)


async def test_a_snapshot_that_no_longer_fits_is_told_of(
    store: SqliteStore, shell: sqlite3.Connection
) -> None:
    """What another release or hand made of it is an error of the store's, never a wrong record."""
    items = awaited(store.collection(ITEMS))
    await items.insert(make_record(1), once())
    shell.execute("UPDATE _estuary_keys SET snapshot = '{}'")

    with pytest.raises(StoreQueryFailed, match="does not fit"):
        await items.insert(make_record(1), once())


def test_several_processes_make_each_write_once(tmp_path: Path) -> None:
    """Whichever process comes first with a key makes the write; the others are told the record it made."""
    path = tmp_path / "estuary.db"
    command = [sys.executable, "-m", "tests.support.keyed_writer", str(path), str(KEYS)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert "open\n" == process.stdout.readline()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()

    outcomes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for process in processes:
        for line in process.communicate()[0].splitlines():
            number, record_id, replayed = line.split()
            outcomes[number].append((record_id, replayed))
    assert KEYS == len(outcomes)
    for each in outcomes.values():
        assert (PROCESSES, 1) == (len(each), len({record_id for record_id, _ in each}))
        assert ["False"] + ["True"] * (PROCESSES - 1) == sorted(replayed for _, replayed in each)
