"""A program that writes into a SQLite store without end and prints each id once it is acknowledged.

Run as `python -m tests.support.acknowledging_writer FILE`; a test kills it.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from uuid_utils import uuid7

from estuary.core.items import ITEMS, Item
from estuary.core.record import Record
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import Collection, awaited

CLIENTS = 16


async def _write(items: Collection) -> None:
    while True:
        now = datetime.now(UTC)
        record = Record(str(uuid7()), 1, now, now, Item("written under fire", "x" * 500))
        await items.insert(record)
        print(record.id, flush=True)  # noqa: T201 (the acknowledgement)


async def _main(path: Path) -> None:
    store = SqliteStore(path, [ITEMS])
    await store.open()
    await asyncio.gather(*(_write(awaited(store.collection(ITEMS))) for _ in range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
