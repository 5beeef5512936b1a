"""Which list queries are answered at once, and which by a thread."""

import asyncio

import pytest

from estuary.core.awaiting import settled
from estuary.core.items import ITEMS, Item
from estuary.core.queries.conditions import Comparison, Operator
from estuary.core.queries.query import LIMITED_COUNT, ListQuery, ListResult
from estuary.stores.sqlite import SqliteStore
from estuary.stores.sqlite.queries import COUNTED_INLINE
from tests.unit.stores.kinds import NOON, record

SINCE_NOON = (Comparison("created_at", Operator.GTE, NOON),)


@pytest.mark.parametrize("offset", [0, 7, COUNTED_INLINE])
async def test_what_few_records_meet_is_counted_at_once(store: SqliteStore, offset: int) -> None:
    """One record more, and a thread counts them: with the same number, and the same records, as ever."""
    items = store.collection(ITEMS)
    kept = [record(Item(f"{number}")) for number in range(COUNTED_INLINE + 1)]
    query = ListQuery(20, offset, where=SINCE_NOON, at_most=LIMITED_COUNT)
    for number, one in ((COUNTED_INLINE, True), (COUNTED_INLINE + 1, False)):
        await asyncio.gather(*(items.insert(each) for each in kept[await settled(items.count()) : number]))
        result = items.list(query)
        assert one == isinstance(result, ListResult)
        found = sorted(kept[:number], key=lambda each: each.id)[offset : offset + 20]
        assert ListResult(found, number) == await settled(result)


async def test_no_more_is_counted_than_is_asked_for(store: SqliteStore) -> None:
    """Which is little: at once, and the records are there beside the number that is passed."""
    items = store.collection(ITEMS)
    kept = sorted((record(Item(f"{number}")) for number in range(5)), key=lambda each: each.id)
    await asyncio.gather(*(items.insert(each) for each in kept))
    result = items.list(ListQuery(2, 0, where=SINCE_NOON, at_most=3))
    assert ListResult(kept[:2], 3, exceeded=True) == result
