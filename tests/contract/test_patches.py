"""Updates that make a new version only where something changes, as patches are made."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import asdict, replace

from estuary.core.awaiting import settled
from estuary.core.errors import NotFound, VersionConflict, WriteRefused
from estuary.core.items import Item
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.writes.writes import IF_CHANGED, Update, WriteOptions
from tests.contract.making import LATER, make_id, make_record, once, owned
from tests.support.clocks import START
from tests.support.collections import Collection
from tests.support.resources import Hull, vessel

RECORD = make_record(1)
CHANGED = Record(RECORD.id, 2, RECORD.created_at, LATER, Item("changed"))
UNCHANGED = Written(RECORD, made=False)
NAMED = {"name": "item 1"}

OTHERS: dict[str, Any] = {
    "name": "Maria",
    "call_sign": "ABC1",
    "crew": 7,
    "keel_number": 2**53 - 1,
    "draught": 3.75,
    "cargo_value": 1e300,
    "in_port": True,
    "built_at": datetime(1, 1, 1, tzinfo=UTC),
    "surveyed_at": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    "rig": "sail",
    "berth": "4",
    "rating": 5,
    "tags": ["a", 'quoted " and \\'],
    "notes": [],
    "dues": Decimal("0.01"),
    "rebate": Decimal("-0.000000000000000001"),
    "christened": date(9999, 12, 31),
    "registry": UUID(int=1),
    "holds": [2**53 - 1],
    "soundings": [5e-324],
    "hatches": [False],
    "flags": ["red"],
    "inspected": [date(1, 1, 1)],
    "tolls": [],
    "buoys": [UUID(int=0)],
    "calls": [START],
    "hull": Hull(width=1.5, laid_down=date(1, 1, 1)),
    "papers": {"a": {"b": None}},
    "extra": {},
}
"""Another value of each field of a vessel."""


def version_of(written: Written) -> int | None:
    """The version that a write left behind."""
    return None if written.record is None else written.record.version


async def test_what_is_so_already_stays_as_it_is(items: Collection) -> None:
    """Version and time of the last change as well; also where nothing is named."""
    await items.insert(RECORD)
    assert UNCHANGED == await items.update(RECORD.id, NAMED, LATER, IF_CHANGED)
    assert UNCHANGED == await items.update(RECORD.id, {"description": None}, LATER, IF_CHANGED)
    assert UNCHANGED == await items.update(RECORD.id, {}, LATER, IF_CHANGED)
    assert RECORD == await items.get(RECORD.id)


async def test_what_changes_is_written(items: Collection) -> None:
    """As any update is, where one field of those named differs."""
    await items.insert(RECORD)
    changes = {"name": "changed", "description": None}
    assert Written(CHANGED) == await items.update(RECORD.id, changes, LATER, IF_CHANGED)
    assert CHANGED == await items.get(RECORD.id)


async def test_without_the_option_each_update_makes_a_version(items: Collection) -> None:
    """Whatever it changes."""
    await items.insert(RECORD)
    touched = Record(RECORD.id, 2, RECORD.created_at, LATER, RECORD.value)
    assert Written(touched) == await items.update(RECORD.id, NAMED, LATER)


async def test_every_kind_of_field_is_compared(vessels: Collection) -> None:
    """Each is set once, and then stays; one that may be null is cleared once, and then stays null."""
    record = Record(make_id(1), 1, START, START, vessel())
    await vessels.insert(record)
    version = 1
    for name, value in OTHERS.items():
        for changed in (True, False):
            version += changed
            written = await vessels.update(record.id, {name: value}, LATER, IF_CHANGED)
            assert (name, changed, version) == (
                name,
                written.made,
                written.record and written.record.version,
            )
    cleared = dict.fromkeys(("call_sign", "surveyed_at", "rating", "notes"))
    for changed in (True, False):
        version += changed
        written = await vessels.update(record.id, cleared, LATER, IF_CHANGED)
        assert (changed, version) == (written.made, version_of(written))
    expected = Record(record.id, version, START, LATER, replace(vessel(), **(OTHERS | cleared)))
    assert asdict(expected.value) == asdict((await vessels.get(record.id)).value)
    assert expected == await vessels.get(record.id)


async def test_other_json_is_another_object(vessels: Collection) -> None:
    """Python takes 1, 1.0 and true for equal, and members for equal in any order: JSON does not."""
    record = Record(make_id(1), 1, START, START, vessel(papers={"a": 0}))
    await vessels.insert(record)
    others = (False, 0.0, -0.0, [1], [True], [{"a": 1, "b": 2}], [{"b": 2, "a": 1}])
    for version, value in enumerate(others, 2):
        for changed in (True, False):
            written = await vessels.update(record.id, {"papers": {"a": value}}, LATER, IF_CHANGED)
            assert (changed, version) == (written.made, version_of(written))
        found = (await vessels.get(record.id)).value
        assert msgspec.json.encode(vessel(papers={"a": value})) == msgspec.json.encode(found)


async def test_it_is_for_the_version_and_the_owner_that_are_named(items: Collection) -> None:
    """One that would change nothing is refused as any other: nothing is learnt of what may not be read."""
    await items.insert(owned(RECORD, "her"))
    for options, error in (
        (WriteOptions("him", if_changed=True), NotFound),
        (WriteOptions("him", 1, if_changed=True), NotFound),
        (WriteOptions("her", 2, if_changed=True), VersionConflict),
    ):
        with pytest.raises(error):
            await items.update(RECORD.id, NAMED, LATER, options)
    with pytest.raises(NotFound):
        await items.update(make_id(2), NAMED, LATER, IF_CHANGED)
    hers = WriteOptions("her", 1, if_changed=True)
    assert not (await items.update(RECORD.id, NAMED, LATER, hers)).made


async def test_a_key_is_kept_though_nothing_changes(items: Collection) -> None:
    """Sent again, the write is told what it left then, although others have written since."""
    await items.insert(RECORD)
    keyed = replace(once(), if_changed=True)
    assert UNCHANGED == await items.update(RECORD.id, NAMED, LATER, keyed)
    await items.update(RECORD.id, {"name": "changed"}, LATER)
    assert Written(RECORD, replayed=True) == await items.update(RECORD.id, NAMED, LATER, keyed)
    assert CHANGED == await items.get(RECORD.id)


async def test_of_equal_ones_at_once_one_is_made(items: Collection) -> None:
    """The others find that it is so already."""
    await items.insert(RECORD)
    written = await asyncio.gather(
        *(items.update(RECORD.id, {"name": "changed"}, LATER, IF_CHANGED) for _ in range(16))
    )
    assert [CHANGED] * 16 == [each.record for each in written]
    assert 1 == sum(each.made for each in written)


async def test_it_is_one_of_several_writes(store: Store, items: Collection) -> None:
    """And its result is then the same."""
    await items.insert(RECORD)
    same = Update("items", RECORD.id, NAMED, LATER, IF_CHANGED)
    other = Update("items", RECORD.id, {"name": "changed"}, LATER, IF_CHANGED)
    written = await settled(store.transact([same, other, other]))
    assert [UNCHANGED, Written(CHANGED), Written(CHANGED, made=False)] == list(written)
    stale = Update("items", RECORD.id, {"name": "changed"}, LATER, WriteOptions(None, 1, if_changed=True))
    with pytest.raises(WriteRefused) as refused:
        await settled(store.transact([same, stale]))
    assert (1, VersionConflict) == (refused.value.index, type(refused.value.refusal))
