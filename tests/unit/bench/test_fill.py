"""Filled stores hold what the cursor into their middle expects."""

from pathlib import Path

import pytest

from bench.fill import fill, fill_file, middle, record
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.http.records.cursors import decode_cursor
from estuary.stores.memory import MemoryStore
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import awaited

COUNT = 1_010


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_the_middle_cursor_leads_to_the_second_half(kind: str, tmp_path: Path) -> None:
    """Both ways of filling keep the same records, counted, and the cursor stands between their halves."""
    path = tmp_path / "estuary.db"
    if kind == "sqlite":
        await fill_file(path, COUNT)
    store: Store = SqliteStore(path, [ITEMS]) if kind == "sqlite" else MemoryStore([ITEMS])
    await store.open()
    collection = awaited(store.collection(ITEMS))
    if kind == "memory":
        await fill(collection, COUNT)

    page = await collection.page(decode_cursor(middle(COUNT), ITEMS.name), 20)

    assert [record(number) for number in range(506, 526)] == list(page)
    assert COUNT == await collection.count()
    await store.close()
