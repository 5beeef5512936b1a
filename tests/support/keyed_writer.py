"""A program that makes keyed writes into a SQLite store, one for each key, and says what came of them.

Run as `python -m tests.support.keyed_writer FILE KEYS`; a test runs several at once. It says when the
store is open and waits for a line; each further line it prints is the number of a key, the id that its
insert left behind, and whether it was replayed.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from uuid_utils import uuid7

from estuary.core.items import ITEMS, Item
from estuary.core.record import Record
from estuary.core.writes.writes import IdempotencyKey, WriteOptions
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import Collection, awaited

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def _write(items: Collection, number: int) -> str:
    record = Record(str(uuid7()), 1, NOW, NOW, Item(f"item {number}"))
    options = WriteOptions(key=IdempotencyKey("", "", f"key {number}", "print", NOW))
    written = await items.insert(record, options)
    assert written.record is not None
    return f"{number} {written.record.id} {written.replayed}"


async def _main(path: Path, keys: int) -> None:
    store = SqliteStore(path, [ITEMS], timeout=30)
    await store.open()
    items = awaited(store.collection(ITEMS))
    print("open", flush=True)  # noqa: T201 (what the test reads)
    sys.stdin.readline()
    # Not more at a time than share a transaction, so that the processes take turns.
    for first in range(0, keys, 8):
        lines = await asyncio.gather(*(_write(items, number) for number in range(first, first + 8)))
        print("\n".join(lines), flush=True)  # noqa: T201 (what the test reads)
    await store.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), int(sys.argv[2])))
