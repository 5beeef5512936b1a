"""One record: created, read, changed and removed, the same on every store."""

from datetime import UTC, datetime, timedelta

import pytest

from estuary.core.errors import NotFound, StoreQueryFailed, VersionConflict
from estuary.core.items import Item
from estuary.core.record import Record
from tests.contract.making import LATER, expecting, make_id, make_record, record_of
from tests.support.collections import Collection
from tests.support.resources import vessel


async def test_an_inserted_record_is_read_back_whole(items: Collection) -> None:
    """What was inserted is what is read."""
    record = make_record(1)
    await items.insert(record)
    assert record == await items.get(record.id)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 14, 15, 9, 26, 535897, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
async def test_times_are_kept_to_the_microsecond(items: Collection, moment: datetime) -> None:
    """Both times come back exact and in UTC, before the epoch as well as after it."""
    record = Record(make_id(1), 1, moment, moment, Item("dated"))
    await items.insert(record)
    kept = await items.get(record.id)
    assert (moment, moment) == (kept.created_at, kept.updated_at)
    assert timedelta(0) == kept.created_at.utcoffset()


async def test_a_taken_id_is_refused(items: Collection) -> None:
    """A second record with the same id is an error, and the first one stays as it is."""
    record = make_record(1)
    await items.insert(record)
    with pytest.raises(StoreQueryFailed):
        await items.insert(make_record(1, created_at=LATER, name="usurper"))
    assert record == await items.get(record.id)
    assert 1 == await items.count()
    assert [record] == list(await items.page(None, 10))


async def test_an_update_sets_what_it_is_given(items: Collection) -> None:
    """The given field and `updated_at` change, the version grows by one, everything else stays."""
    record = make_record(1)
    await items.insert(record)
    expected = Record(record.id, 2, record.created_at, LATER, Item("renamed", None))
    assert expected == await record_of(items.update(record.id, {"name": "renamed"}, LATER))
    assert expected == await items.get(record.id)
    assert [expected] == list(await items.page(None, 10))
    assert ([expected], 1) == tuple(await items.slice(0, 10))


async def test_an_update_can_set_null(items: Collection) -> None:
    """A change to null is a change, not an absence."""
    await items.insert(make_record(1))
    await items.update(make_id(1), {"description": "told"}, LATER)
    record = await record_of(items.update(make_id(1), {"description": None}, LATER))
    assert Item("item 1", None) == record.value
    assert record == await items.get(make_id(1))


async def test_an_update_of_nothing_is_an_update(items: Collection) -> None:
    """Without changes the value stays, but version and time go on."""
    await items.insert(make_record(1))
    record = await record_of(items.update(make_id(1), {}, LATER))
    assert (2, LATER, Item("item 1")) == (record.version, record.updated_at, record.value)
    assert record == await items.get(make_id(1))


async def test_each_update_adds_one_to_the_version(items: Collection) -> None:
    """After n updates the version is n + 1."""
    await items.insert(make_record(1))
    versions = [
        (await record_of(items.update(make_id(1), {"name": f"v{n}"}, LATER))).version for n in range(5)
    ]
    assert [2, 3, 4, 5, 6] == versions


async def test_an_update_may_set_every_field_at_once(vessels: Collection) -> None:
    """All fields of a wide value change together."""
    moment = LATER
    await vessels.insert(Record(make_id(1), 1, moment, moment, vessel()))
    changes = {
        "name": "Bertha",
        "call_sign": "DGHB",
        "crew": 7,
        "keel_number": 12,
        "draught": 1.25,
        "cargo_value": 1e6,
        "in_port": True,
        "built_at": datetime(2001, 2, 3, tzinfo=UTC),
        "surveyed_at": datetime(2002, 3, 4, tzinfo=UTC),
        "rig": "steam",
        "berth": "7b",
        "rating": 5,
        "tags": ["a", "b"],
        "notes": [],
    }
    record = await record_of(vessels.update(make_id(1), changes, LATER))
    assert vessel(**changes) == record.value
    assert record == await vessels.get(make_id(1))


async def test_a_deleted_record_is_gone(items: Collection) -> None:
    """After a delete nothing finds the record, and its neighbours are untouched."""
    for number in (1, 2, 3):
        await items.insert(make_record(number))
    await items.delete(make_id(2))
    with pytest.raises(NotFound):
        await items.get(make_id(2))
    assert [make_record(1), make_record(3)] == list(await items.page(None, 10))
    assert 2 == await items.count()


async def test_a_second_delete_finds_nothing(items: Collection) -> None:
    """Deleting what is gone is `NotFound`, and counts nothing down."""
    await items.insert(make_record(1))
    await items.insert(make_record(2))
    await items.delete(make_id(1))
    with pytest.raises(NotFound):
        await items.delete(make_id(1))
    assert 1 == await items.count()


async def test_what_does_not_exist_is_not_found(items: Collection) -> None:
    """Reading, changing and removing an unknown record are `NotFound`, with or without a version."""
    await items.insert(make_record(2))
    with pytest.raises(NotFound):
        await items.get(make_id(1))
    for expected_version in (None, 1):
        with pytest.raises(NotFound):
            await items.update(make_id(1), {"name": "x"}, LATER, expecting(expected_version))
        with pytest.raises(NotFound):
            await items.delete(make_id(1), expecting(expected_version))


async def test_a_write_may_expect_the_current_version(items: Collection) -> None:
    """With the version that the record has, update and delete succeed."""
    await items.insert(make_record(1))
    record = await record_of(items.update(make_id(1), {"name": "second"}, LATER, expecting(1)))
    assert 2 == record.version
    await items.delete(make_id(1), expecting(2))
    assert 0 == await items.count()


@pytest.mark.parametrize("expected_version", [0, 1, 3, 2**53])
async def test_a_write_that_expects_another_version_changes_nothing(
    items: Collection, expected_version: int
) -> None:
    """The conflict has the current version; the record stays as it is."""
    await items.insert(make_record(1))
    record = await record_of(items.update(make_id(1), {"name": "second"}, LATER))
    with pytest.raises(VersionConflict) as update:
        await items.update(make_id(1), {"name": "third"}, LATER, expecting(expected_version))
    with pytest.raises(VersionConflict) as delete:
        await items.delete(make_id(1), expecting(expected_version))
    assert (2, 2) == (update.value.current, delete.value.current)
    assert record == await items.get(make_id(1))
    assert 1 == await items.count()


async def test_resources_do_not_see_each_other(items: Collection, vessels: Collection) -> None:
    """The same id in two resources is two records, with totals of their own."""
    item, ship = make_record(1), Record(make_id(1), 1, LATER, LATER, vessel())
    await items.insert(item)
    assert 0 == await vessels.count()
    await vessels.insert(ship)
    assert (item, ship) == (await items.get(item.id), await vessels.get(ship.id))
    await items.delete(item.id)
    assert [ship] == list(await vessels.page(None, 10))
    assert (0, 1) == (await items.count(), await vessels.count())
