"""A collection of 10^5 records answers everything as a small one does."""

from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.contract.making import LATER, make_id, make_record, position_of
from tests.support.collections import Collection

SIZE = 100_000
BATCH = 500


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """The same for every store: making them takes longer than most stores need to keep them."""
    return [make_record(number) for number in range(SIZE)]


async def batches(records: list[Record]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    """The items, some at a time."""
    for start in range(0, len(records), BATCH):
        yield ITEMS, records[start : start + BATCH]


async def test_a_hundred_thousand_records(
    store: Store, items: Collection, records: list[Record], many: Callable[[int], int]
) -> None:
    """Counts, deep pages, slices at the end and writes anywhere are exact."""
    size = many(SIZE)
    records = records[:size]
    assert size == await store.load(batches(records), replace=False)
    assert size == await items.count()

    deep = await items.page(position_of(records[-30]), 20)
    assert records[-29:-9] == list(deep)
    last, total = await items.slice(size - 5, 20)
    assert (records[-5:], size) == (list(last), total)
    middle, _ = await items.slice(size // 2, 3)
    assert records[size // 2 : size // 2 + 3] == list(middle)

    await items.delete(make_id(size // 2))
    await items.update(make_id(size // 2 + 1), {"name": "changed"}, LATER)
    late = make_record(size, created_at=records[10].created_at)
    await items.insert(late)
    assert [records[10], late, records[11]] == list((await items.slice(10, 3))[0])
    (after,), total = await items.slice(size // 2 + 1, 1)
    assert (make_id(size // 2 + 1), 2, size) == (after.id, after.version, total)
