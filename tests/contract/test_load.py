"""Loading: whole records come in as they are, all of them or none."""

from collections.abc import AsyncIterator, Sequence

import pytest

from estuary.core.errors import RecordRefused, StoreNotEmpty, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.contract.making import LATER, make_id, make_record, once, owned, record_of, walk
from tests.support.clocks import START
from tests.support.collections import Collection
from tests.support.resources import VESSELS, vessel

Batch = tuple[Resource, Sequence[Record]]
LOADED = [
    Record(make_id(n), n + 1, make_record(n).created_at, LATER, Item(f"loaded {n}"), "her" if n % 2 else "")
    for n in range(50)
]
VESSEL = Record(make_id(1), 3, START, LATER, vessel(tags=["a", "é"], notes=None, rating=5), "him")


class Broken(Exception):
    """What a file that cannot be read to its end makes of a load."""


async def batches(*given: Batch, broken: bool = False) -> AsyncIterator[Batch]:
    """The batches, one by one; then, if `broken`, an error."""
    for batch in given:
        yield batch
    if broken:
        raise Broken


async def test_records_come_in_as_they_are(store: Store, items: Collection, vessels: Collection) -> None:
    """Ids, versions, times, owners and values; their number is returned, lists and totals are right."""
    asked = batches((ITEMS, LOADED[:20]), (VESSELS, [VESSEL]), (ITEMS, LOADED[20:]), (ITEMS, []))
    assert 51 == await store.load(asked, replace=False)
    assert LOADED == await walk(items, 7)
    assert [VESSEL] == await walk(vessels, 7)
    assert (50, 25, 1) == (await items.count(), await items.count("her"), await vessels.count("him"))
    assert LOADED[1::2] == await walk(items, 7, "her")


async def test_loaded_records_are_like_any_other(store: Store, items: Collection) -> None:
    """They are read, changed, deleted and counted; new ones may join them."""
    await store.load(batches((ITEMS, LOADED)), replace=False)
    assert 5 == (await record_of(items.update(make_id(3), {"name": "x"}, LATER))).version
    await items.delete(make_id(4))
    await items.insert(make_record(100))
    assert (50, 25) == (await items.count(), await items.count("her"))


async def test_order_does_not_matter(store: Store, items: Collection) -> None:
    """Records may come in any order: lists have their own."""
    await store.load(batches((ITEMS, LOADED[::-1])), replace=False)
    assert LOADED == await walk(items, 7)


async def test_nothing_can_be_loaded(store: Store, items: Collection) -> None:
    """An empty load is one of no records, and with `replace` it empties the store."""
    assert 0 == await store.load(batches(), replace=False)
    await items.insert(make_record(1))
    assert 0 == await store.load(batches(), replace=True)
    assert ([], 0) == (await walk(items, 9), await items.count())


@pytest.mark.parametrize("resource", [ITEMS, VESSELS], ids=lambda resource: resource.name)
async def test_a_store_with_any_record_is_refused(
    store: Store, items: Collection, vessels: Collection, resource: Resource
) -> None:
    """One record of any resource and owner is enough; everything stays as it is."""
    await (items.insert(owned(make_record(7), "her")) if resource is ITEMS else vessels.insert(VESSEL))
    before = await walk(items, 9), await walk(vessels, 9)
    with pytest.raises(StoreNotEmpty):
        await store.load(batches((ITEMS, LOADED)), replace=False)
    assert before == (await walk(items, 9), await walk(vessels, 9))


async def test_replacing_leaves_nothing_of_what_was(
    store: Store, items: Collection, vessels: Collection
) -> None:
    """Records of every resource go, and their keys with them; ids may come again."""
    await items.insert(owned(make_record(7), "her"), once())
    await items.insert(make_record(1000))
    await vessels.insert(VESSEL)
    assert 50 == await store.load(batches((ITEMS, LOADED)), replace=True)
    assert (LOADED, []) == (await walk(items, 9), await walk(vessels, 9))
    assert (50, 25, 0) == (await items.count(), await items.count("her"), await vessels.count())
    assert not (await items.insert(make_record(99), once(fingerprint="another"))).replayed


@pytest.mark.parametrize("replace", [False, True])
async def test_a_load_that_breaks_off_leaves_everything_as_it_was(
    store: Store, items: Collection, vessels: Collection, replace: bool
) -> None:
    """The error comes through as it is; nothing was added, nothing removed, and the store goes on."""
    if replace:
        await items.insert(owned(make_record(7), "her"), once())
    before = await walk(items, 9)
    with pytest.raises(Broken):
        await store.load(batches((ITEMS, LOADED), (VESSELS, [VESSEL]), broken=True), replace=replace)
    assert (before, []) == (await walk(items, 9), await walk(vessels, 9))
    assert (len(before), len(before)) == (await items.count(), await items.count("her"))
    assert replace == (await items.insert(owned(make_record(7), "her"), once())).replayed
    await vessels.insert(VESSEL)


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two batches"])
async def test_an_id_given_twice_is_refused(
    store: Store, items: Collection, apart: bool, replace: bool
) -> None:
    """Two records of one id cannot both be kept: neither is, nor any other."""
    given = [(ITEMS, LOADED), (ITEMS, LOADED[:1])] if apart else [(ITEMS, [*LOADED, LOADED[0]])]
    with pytest.raises(RecordRefused) as refused:
        await store.load(batches(*given), replace=replace)
    assert (LOADED[0].id, ("id",)) == (refused.value.record_id, refused.value.fields)
    assert ([], 0) == (await walk(items, 9), await items.count())


async def test_a_closed_store_takes_no_load(store: Store) -> None:
    """It is unavailable, as for everything else."""
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.load(batches((ITEMS, LOADED)), replace=False)
