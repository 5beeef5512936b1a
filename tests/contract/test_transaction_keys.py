"""Several writes under one idempotency key take effect once, and are replayed as they were."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import IdempotencyKeyReused, NotFound, TransactionTooLarge, WriteRefused
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.writes.writes import KEY_LIFETIME, Delete, IdempotencyKey, Insert, Update, Write
from tests.contract.making import LATER, make_id, make_record
from tests.support.collections import Collection
from tests.support.resources import vessel

SHIP = Record(make_id(9), 1, LATER, LATER, vessel())


def key(text: str = "key", fingerprint: str = "print", *, hours: int = 0) -> IdempotencyKey:
    """A key that is used so many hours after `LATER`."""
    return IdempotencyKey("her", "", text, fingerprint, LATER + timedelta(hours=hours))


async def transact(
    store: Store, writes: Sequence[Write], key: IdempotencyKey, *, dry_run: bool = False
) -> list[Written]:
    """Make `writes` under `key`."""
    return list(await settled(store.transact(writes, key=key, dry_run=dry_run)))


def renamed(number: int, name: str) -> Update:
    """Another name for an item."""
    return Update("items", make_id(number), {"name": name}, LATER)


async def test_they_take_effect_once(store: Store, items: Collection, vessels: Collection) -> None:
    """The same key gives what each write left behind, whatever became of the records since."""
    await items.insert(make_record(1))
    writes: list[Write] = [Insert("vessels", SHIP), renamed(1, "other"), Delete("items", make_id(1))]
    first = await transact(store, writes, key())
    await vessels.delete(SHIP.id)
    again: list[Write] = [Insert("vessels", Record(make_id(8), 1, LATER, LATER, vessel())), *writes[1:]]
    second = await transact(store, again, key())
    assert [Written(each.record, replayed=True) for each in first] == second
    assert (SHIP, None) == (second[0].record, second[2].record)
    assert (0, 0) == (await vessels.count(), await items.count())


async def test_another_request_is_refused(store: Store, items: Collection) -> None:
    """As the key of a single write is; and nothing is written."""
    await transact(store, [Insert("items", make_record(1))], key())
    with pytest.raises(IdempotencyKeyReused):
        await transact(store, [Insert("items", make_record(2))], key(fingerprint="other"))
    assert 1 == await items.count()


async def test_what_fails_keeps_no_key(store: Store, items: Collection) -> None:
    """The same key serves the same request once it can be made."""
    writes = [renamed(1, "other")]
    with pytest.raises(WriteRefused) as raised:
        await transact(store, writes, key())
    assert (0, NotFound) == (raised.value.index, type(raised.value.refusal))
    await items.insert(make_record(1))
    assert [False] == [each.replayed for each in await transact(store, writes, key())]


async def test_a_dry_run_reads_keys_and_keeps_none(store: Store, items: Collection) -> None:
    """It returns what the request itself would get."""
    writes = [Insert("items", make_record(1))]
    assert [(False, False)] == [
        (each.replayed, each.made) for each in await transact(store, writes, key(), dry_run=True)
    ]
    assert 0 == await items.count()
    await transact(store, writes, key())
    tried = await transact(store, writes, key(), dry_run=True)
    assert [(True, False)] == [(each.replayed, each.made) for each in tried]


async def test_keys_expire_and_are_their_own(store: Store, items: Collection) -> None:
    """After its lifetime a key is new; the key of a single write is another one."""
    await items.insert(make_record(3))
    await transact(store, [renamed(3, "a")], key())
    late = KEY_LIFETIME // timedelta(hours=1)
    assert [False] == [each.replayed for each in await transact(store, [renamed(3, "a")], key(hours=late))]
    assert 3 == (await items.get(make_id(3))).version


async def test_what_is_too_large_is_not_written(
    store: Store, items: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small requests cannot have large records kept without bound."""
    monkeypatch.setattr("estuary.core.writes.write_snapshots.MAX_SNAPSHOT_CHARACTERS", 900_000)
    record = make_record(1)
    value = type(record.value)("x" * 50, "y" * 1000)
    large = Record(record.id, 1, record.created_at, record.created_at, value)
    await items.insert(large)
    with pytest.raises(TransactionTooLarge):
        await transact(store, [renamed(1, f"n{number}") for number in range(1000)], key())
    assert large == await items.get(large.id)
