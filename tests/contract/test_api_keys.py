"""API keys: kept, changed and revoked alike on every store, beside the records."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from estuary.core.api_keys.api_keys import ApiKey
from estuary.core.errors import NotFound, RecordExists, StoreUnavailable, VersionConflict
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record
from estuary.core.resource import Resource
from tests.contract.making import TIMEOUT, make_record
from tests.contract.stores import StoreKind
from tests.support.clocks import START

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_key(number: int, expires_at: datetime | None = START + 90 * DAY) -> ApiKey:
    """A new key, as it is before it is kept."""
    return ApiKey(
        id=f"{number:016x}",
        name=f"Key {number}, 'é'",
        digest="ab" * 32,
        owner=None if number % 2 else "north",
        scopes=("items:read", "items:write"),
        roles=("admin", "content editor"),
        created_by="alice",
        created_at=START,
        expires_at=expires_at,
    )


async def test_a_key_is_kept_as_it_was_given(store: Store) -> None:
    """Each of its fields, null or not; with versions that grow."""
    keys = store.api_keys()
    first, second = await keys.put(make_key(1)), await keys.put(make_key(2, None))
    full = await keys.put(
        replace(
            second,
            rotated_at=START + HOUR,
            previous_digest="cd" * 32,
            previous_until=START + 2 * HOUR,
            revoked_at=START + 3 * HOUR,
        )
    )
    assert 0 < first.version < second.version < full.version
    assert (full.version, [first, full]) == await keys.changes()
    assert (full.version, [full]) == await keys.changes(first.version)
    assert (full.version, []) == await keys.changes(full.version)


async def test_there_are_no_keys_at_first(store: Store) -> None:
    """Version 0 is that of no key."""
    assert (0, []) == await store.api_keys().changes()


async def test_a_change_of_another_version_is_refused(store: Store) -> None:
    """An id is given once; a change that was made of an older version is told which one there is."""
    keys = store.api_keys()
    kept = await keys.put(make_key(1))
    with pytest.raises(RecordExists):
        await keys.put(make_key(1))
    with pytest.raises(NotFound):
        await keys.put(replace(make_key(2), version=kept.version))
    changed = await keys.put(replace(kept, revoked_at=START))
    with pytest.raises(VersionConflict) as conflict:
        await keys.put(replace(kept, name="late"))
    assert changed.version == conflict.value.current
    assert [changed] == (await keys.changes()).keys


async def test_of_concurrent_changes_of_one_version_one_succeeds(store: Store) -> None:
    """The others are refused, and the versions of different keys all differ."""
    keys = store.api_keys()
    made = await asyncio.gather(*(keys.put(make_key(number)) for number in range(8)))
    assert 8 == len({key.version for key in made})
    changes = (keys.put(replace(made[0], name=f"{number}")) for number in range(8))
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert 7 == sum(isinstance(outcome, VersionConflict) for outcome in outcomes)


async def test_last_uses_only_grow_and_are_no_change(store: Store) -> None:
    """The latest hour stays, in whatever order they come; nothing is reported as changed."""
    keys = store.api_keys()
    first, second = await keys.put(make_key(1)), await keys.put(make_key(2))
    await keys.note_uses({first.id: START, second.id: START + HOUR, "unknown": START})
    await keys.note_uses({first.id: START + HOUR, second.id: START})
    assert (second.version, []) == await keys.changes(second.version)
    assert [START + HOUR] * 2 == [key.used_at for key in (await keys.changes()).keys]
    renamed = await keys.put(replace(first, name="renamed", used_at=None))
    kept = replace(renamed, used_at=START + HOUR)
    assert (renamed.version, [kept]) == await keys.changes(second.version)


async def test_all_keys_are_revoked_in_one_step(store: Store) -> None:
    """Those that were revoked before stay as they are; each other one is reported as changed."""
    keys = store.api_keys()
    first = await keys.put(replace(make_key(1), revoked_at=START))
    second, third = await keys.put(make_key(2)), await keys.put(make_key(3))
    assert 2 == await keys.revoke_all(START + HOUR)
    changed = [(key.id, key.revoked_at) for key in (await keys.changes(third.version)).keys]
    assert [(second.id, START + HOUR), (third.id, START + HOUR)] == changed
    assert [first] == [key for key in (await keys.changes()).keys if key.revoked_at == START]
    assert 0 == await keys.revoke_all(START + DAY)


async def test_keys_that_ended_long_ago_are_forgotten(store: Store) -> None:
    """Revoked or expired; and the versions of later keys go on from the highest there was."""
    keys = store.api_keys()
    live = await keys.put(make_key(1))
    expired = await keys.put(make_key(2, START + HOUR))
    revoked = await keys.put(replace(make_key(3), revoked_at=START + HOUR))
    last = await keys.put(replace(make_key(4), revoked_at=START + HOUR))
    await keys.forget(START + HOUR)
    assert 4 == len((await keys.changes()).keys)
    await keys.forget(START + 2 * HOUR)
    left = {key.id for key in (await keys.changes()).keys}
    assert live.id in left
    assert {expired.id, revoked.id}.isdisjoint(left)
    assert last.version < (await keys.put(make_key(5))).version


async def test_loading_records_leaves_keys_alone(store: Store) -> None:
    """They are no records: a load replaces none of them."""

    async def batches() -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
        yield ITEMS, [make_record(1)]

    key = await store.api_keys().put(make_key(1))
    await store.load(batches(), replace=True)
    assert [key] == (await store.api_keys().changes()).keys


async def test_keys_last_as_long_as_records_do(
    kind: StoreKind, kind_is_durable: bool, tmp_path: Path
) -> None:
    """They are there after the store was closed and opened again; while it is closed, none is returned."""
    store = kind.make(tmp_path, (ITEMS,), TIMEOUT)
    await store.open()
    key = await store.api_keys().put(make_key(1))
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.api_keys().changes()
    again = kind.make(tmp_path, (ITEMS,), TIMEOUT)
    await again.open()
    assert ([key] if kind_is_durable else []) == (await again.api_keys().changes()).keys
    await again.close()
