"""What some collections can do at once is what all of them do when they are waited for."""

import pytest

from estuary.core.errors import NotFound, StoreQueryFailed, StoreUnavailable
from estuary.core.items import ITEMS
from estuary.core.ports import Collection, ImmediateInserts, ImmediateReads, Store
from tests.contract.making import make_id, make_record, once, owned
from tests.contract.stores import StoreKind

READS = {"memory", "observed-memory", "sqlite"}
INSERTS = {"memory", "observed-memory"}


async def test_who_reads_and_inserts_at_once_is_known(kind: StoreKind, items: Collection) -> None:
    """Nobody else claims to, and so is asked to do it on the event loop."""
    assert (kind.name in READS) == isinstance(items, ImmediateReads)
    assert (kind.name in INSERTS) == isinstance(items, ImmediateInserts)


async def test_reading_at_once_is_reading(items: Collection) -> None:
    """The same record, and the same refusals."""
    if not isinstance(items, ImmediateReads):
        return
    hers = owned(make_record(1), "her")
    await items.insert(hers)
    assert hers == items.get_now(hers.id, None) == items.get_now(hers.id, "her")
    for record_id, owner in ((hers.id, "him"), (make_id(2), None)):
        with pytest.raises(NotFound):
            items.get_now(record_id, owner)


async def test_inserting_at_once_is_inserting(items: Collection) -> None:
    """Kept, once with the same key, and not under an id that is taken."""
    if not isinstance(items, ImmediateInserts):
        return
    record = make_record(1)
    assert record == items.insert_now(record, once()).record == await items.get(record.id)
    assert items.insert_now(make_record(2), once()).replayed
    with pytest.raises(StoreQueryFailed):
        items.insert_now(record, once("other"))
    assert 1 == await items.count()


async def test_a_closed_store_does_neither(store: Store) -> None:
    """As it does nothing else."""
    items = store.collection(ITEMS)
    await items.insert(make_record(1))
    await store.close()
    if isinstance(items, ImmediateReads):
        with pytest.raises(StoreUnavailable):
            items.get_now(make_id(1), None)
    if isinstance(items, ImmediateInserts):
        with pytest.raises(StoreUnavailable):
            items.insert_now(make_record(2), once())
