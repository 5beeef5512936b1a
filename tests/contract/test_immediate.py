"""What a store answers at once, it answers without anything to wait for, its errors too."""

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, StoreQueryFailed, StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.queries.query import ListQuery, ListResult, by_cursor
from estuary.core.record import Record, Written
from tests.contract.making import LATER, make_id, make_record, once, owned
from tests.contract.stores import StoreKind

READS = {"memory", "observed-memory", "sqlite", "cached+memory", "cached+sqlite"}
LISTS = {*READS, "redis-cached+memory"}
WRITES = {"memory", "observed-memory"}


async def test_a_record_is_read_at_once(kind: StoreKind, store: Store) -> None:
    """Where it is in memory, or in a file: the record itself, or the error; from a cache what it has."""
    items = store.collection(ITEMS)
    hers = owned(make_record(1), "her")
    await settled(items.insert(hers))
    await settled(items.get(hers.id))
    read = items.get(hers.id)
    assert (kind.name in READS) == isinstance(read, Record)
    assert hers == await settled(read)
    if kind.name in READS:
        assert hers == items.get(hers.id, "her")
        with pytest.raises(NotFound):
            items.get(hers.id, "him")


@pytest.mark.parametrize("query", [ListQuery(), by_cursor(20)], ids=["by offset", "by cursor"])
async def test_a_list_is_read_at_once(kind: StoreKind, store: Store, query: ListQuery) -> None:
    """As a record is, and the number of records."""
    items = store.collection(ITEMS)
    await settled(items.insert(make_record(1)))
    result = items.list(query)
    assert (kind.name in LISTS) == isinstance(result, ListResult)
    assert ListResult([make_record(1)], 1 if query.counted else None) == await settled(result)
    number = items.count()
    assert (kind.name in LISTS) == isinstance(number, int)
    assert 1 == await settled(number)


async def test_a_write_is_made_at_once(kind: StoreKind, store: Store) -> None:
    """Where nothing has to be durable: kept, once with the same key, not under an id that is taken."""
    if kind.name not in WRITES:
        return
    items = store.collection(ITEMS)
    record = make_record(1)
    assert Written(record) == items.insert(record, once())
    assert Written(record, replayed=True) == items.insert(make_record(2), once())
    with pytest.raises(StoreQueryFailed):
        items.insert(record, once("other"))
    assert isinstance(items.update(record.id, {}, LATER), Written)
    assert Written(None) == items.delete(record.id)
    with pytest.raises(NotFound):
        items.delete(record.id)


async def test_a_closed_store_says_so_at_once(kind: StoreKind, store: Store) -> None:
    """As it answers when it is open."""
    items = store.collection(ITEMS)
    await settled(items.insert(make_record(1)))
    await store.close()
    if kind.name in READS:
        with pytest.raises(StoreUnavailable):
            items.get(make_id(1))
    if kind.name in WRITES:
        with pytest.raises(StoreUnavailable):
            items.insert(make_record(2), once())
