"""Idempotency keys: a write that carries one takes effect once, whatever happens around it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from estuary.core.errors import (
    IdempotencyKeyInFlight,
    IdempotencyKeyReused,
    NotFound,
    StoreQueryFailed,
    VersionConflict,
)
from estuary.core.items import ITEMS
from estuary.core.ports import Store
from estuary.core.record import Record, Written
from estuary.core.writes.writes import KEY_LIFETIME, WriteOptions
from tests.contract.conftest import RESOURCES
from tests.contract.making import (
    LATER,
    TIMEOUT,
    make_id,
    make_record,
    once,
    owned,
    record_of,
    walk,
)
from tests.contract.stores import STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.resources import vessel

WRITERS = 50
MOMENT = timedelta(microseconds=1)

Write = Callable[[Collection, WriteOptions], Awaitable[Written]]
"""Any write, on the record 1; for an insert that of a new record."""

WRITES: dict[str, Write] = {
    "insert": lambda items, options: items.insert(make_record(2), options),
    "update": lambda items, options: items.update(make_id(1), {"name": "changed"}, LATER, options),
    "delete": lambda items, options: items.delete(make_id(1), options),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@pytest.fixture
async def items(store: Store) -> Collection:
    """The items of the open store: the record 1."""
    collection = awaited(store.collection(ITEMS))
    await collection.insert(make_record(1))
    return collection


@every_write
async def test_the_first_write_is_made(items: Collection, write: Write) -> None:
    """A key changes nothing about the write that carries it first."""
    keyed = await write(items, once())
    assert not keyed.replayed
    assert {"insert": 2, "update": 1, "delete": 0}[_name(write)] == await items.count()


@every_write
async def test_the_second_one_is_told_what_the_first_left_behind(items: Collection, write: Write) -> None:
    """The same record, or its absence, and that it was replayed; any number of times."""
    first = await write(items, once())
    before = await walk(items, 10)
    for _ in range(3):
        assert Written(first.record, replayed=True) == await write(items, once())
    assert before == await walk(items, 10)


async def test_a_repeated_insert_needs_no_second_id(items: Collection) -> None:
    """A retry comes with a new record, with another id and a later time: the first one counts."""
    await items.insert(make_record(2), once())
    again = await items.insert(make_record(3, LATER), once(now=LATER))
    assert Written(make_record(2), replayed=True) == again
    with pytest.raises(NotFound):
        await items.get(make_id(3))


async def test_a_snapshot_is_what_was_written(items: Collection) -> None:
    """Whatever became of the record since, the replay shows the moment of the write."""
    inserted = await items.insert(make_record(2), once("insert"))
    updated = await items.update(make_id(2), {"name": "second"}, LATER, once("update"))
    await items.update(make_id(2), {"name": "third"}, LATER)
    assert inserted.record == (await items.insert(make_record(9), once("insert"))).record
    assert (
        updated.record == (await items.update(make_id(2), {"name": "second"}, LATER, once("update"))).record
    )
    await items.delete(make_id(2), once("delete"))
    assert Written(inserted.record, replayed=True) == await items.insert(make_record(9), once("insert"))
    assert Written(None, replayed=True) == await items.delete(make_id(2), once("delete"))


async def test_a_snapshot_holds_every_kind_of_field(vessels: Collection) -> None:
    """A record with all it can hold comes back equal, extremes included."""
    value = vessel(
        name='"\\\n\U0001f6a2',
        keel_number=-(2**53) + 1,
        cargo_value=-1e-300,
        surveyed_at=START + MOMENT,
        tags=["", '"', "é"],
        notes=[],
        rating=None,
    )
    record = Record(make_id(1), 1, START, LATER, value, "her")
    await vessels.insert(record, once())
    assert Written(record, replayed=True) == await vessels.insert(record, once())


@every_write
async def test_another_fingerprint_is_refused(items: Collection, write: Write) -> None:
    """A key stands for one request: with another it is refused, and nothing is changed."""
    await write(items, once())
    before = await walk(items, 10)
    for other in WRITES.values():
        with pytest.raises(IdempotencyKeyReused):
            await other(items, once(fingerprint="another"))
    assert before == await walk(items, 10)


@every_write
async def test_a_key_lives_for_a_day(items: Collection, write: Write) -> None:
    """Until its last moment it is replayed; then it is unknown, for the same request and for others."""
    first = await write(items, once("a"))
    await items.insert(make_record(7), once("b"))
    last = START + KEY_LIFETIME - MOMENT
    assert Written(first.record, replayed=True) == await write(items, once("a", now=last))
    expired = START + KEY_LIFETIME
    assert not (await items.insert(make_record(8), once("a", now=expired))).replayed
    assert not (await items.insert(make_record(9), once("b", "another", now=expired))).replayed
    assert (await items.insert(make_record(10), once("a", now=expired + MOMENT))).replayed


async def test_expired_keys_do_not_come_back(items: Collection) -> None:
    """Many that have expired, used again in any order, do not get in the way of new writes."""
    for number in range(20):
        await items.insert(make_record(100 + number), once(f"{number}", now=START + number * MOMENT))
    later = START + 2 * KEY_LIFETIME
    for number in reversed(range(20)):
        written = await items.insert(make_record(200 + number), once(f"{number}", "another", now=later))
        assert not written.replayed
    assert 41 == await items.count()


async def test_a_clock_that_is_behind_does_not_matter(items: Collection) -> None:
    """Another replica's clock may be behind: the key that it meets is from its future, and counts."""
    await items.insert(make_record(2), once(now=LATER))
    assert (await items.insert(make_record(3), once(now=START))).replayed


async def test_keys_are_a_subjects_own(items: Collection) -> None:
    """The same text is another key for another subject, however alike the two are."""
    subjects = ["", "her", "Her", "her ", "h%r", "hér", "auth0|5f7c8ec7c33c6c004bbafe82", "x" * 1000]
    for number, subject in enumerate(subjects):
        written = await items.insert(make_record(10 + number), once(subject=subject))
        assert (subject, False) == (subject, written.replayed)
    for number, subject in enumerate(subjects):
        written = await items.insert(make_record(99), once(subject=subject))
        assert Written(make_record(10 + number), replayed=True) == written


async def test_keys_are_an_owners_own(items: Collection) -> None:
    """One subject acts for many owners, or for everybody: the same text is another key for each of them."""
    owners = [None, "a", "A", "a ", "%", "her", "h%r", "hér", "x" * 255]
    options = [once(subject="her", owner=owner) for owner in owners]
    records = [owned(make_record(10 + number), owner or "") for number, owner in enumerate(owners)]
    for record, each in zip(records, options, strict=True):
        assert Written(record) == await items.insert(record, each)
    for record, each in zip(records, options, strict=True):
        assert Written(record, replayed=True) == await items.insert(make_record(99), each)
    assert 1 + len(owners) == await items.count()


async def test_an_owner_and_a_subject_are_not_mistaken_for_each_other(items: Collection) -> None:
    """However the two are cut: each pair has keys of its own, and its own keys alone."""
    pairs = [("ab", "c"), ("a", "bc"), ("abc", None), ("", "abc"), ("c", "ab"), ("a b", "c"), ("a", "b c")]
    for number, (subject, owner) in enumerate(pairs):
        record = owned(make_record(10 + number), owner or "")
        assert Written(record) == await items.insert(record, once(subject=subject, owner=owner))
    for number, (subject, owner) in enumerate(pairs):
        kept = owned(make_record(10 + number), owner or "")
        again = await items.insert(make_record(99), once(subject=subject, owner=owner))
        assert Written(kept, replayed=True) == again


async def test_an_update_and_a_delete_for_another_owner_find_no_key(items: Collection) -> None:
    """What one subject did for one owner is not replayed to a subject of another owner."""
    await items.insert(owned(make_record(2), "her"))
    writes: list[Callable[[WriteOptions], Awaitable[Written]]] = [
        lambda options: items.update(make_id(2), {"name": "changed"}, LATER, options),
        lambda options: items.delete(make_id(2), options),
    ]
    for number, write in enumerate(writes):
        hers, his = (once(f"{number}", subject="s", owner=owner) for owner in ("her", "him"))
        made = await write(hers)
        assert Written(made.record, replayed=True) == await write(hers)
        with pytest.raises(NotFound):
            await write(his)


async def test_an_expired_key_takes_no_other_owners_along(items: Collection) -> None:
    """What removes keys that have expired removes none of the same text that live."""
    later = START + KEY_LIFETIME
    await items.insert(owned(make_record(2), "her"), once(owner="her", now=START))
    await items.insert(owned(make_record(3), "him"), once(owner="him", now=later - MOMENT))
    await items.insert(make_record(4), once("another", now=later))
    await items.insert(make_record(5), once("and another", now=later))
    assert (await items.insert(make_record(9), once(owner="him", now=later))).replayed


async def test_keys_of_two_owners_are_independent(items: Collection) -> None:
    """The same text at the same time for many owners: every write is made, none is told to wait."""
    outcomes = await asyncio.gather(
        *(
            items.insert(owned(make_record(100 + n), f"{n}"), once(subject="s", owner=f"{n}"))
            for n in range(WRITERS)
        )
    )
    assert [False] * WRITERS == [written.replayed for written in outcomes]
    assert WRITERS + 1 == await items.count()


async def test_keys_differ_in_every_character(items: Collection) -> None:
    """Case, blanks, wildcards and quotes count, up to the 255th character."""
    texts = ["k", "K", "k ", " k", "%", "_", "'", '"', "\\", "x" * 255, "x" * 254 + "y"]
    for number, text in enumerate(texts):
        written = await items.insert(make_record(10 + number), once(text))
        assert (text, False) == (text, written.replayed)
    for number, text in enumerate(texts):
        assert make_record(10 + number) == await record_of(items.insert(make_record(99), once(text)))


async def test_keys_are_a_resources_own(items: Collection, vessels: Collection) -> None:
    """The same key is another one for another resource."""
    await items.insert(make_record(2), once())
    record = Record(make_id(2), 1, START, START, vessel())
    assert Written(record) == await vessels.insert(record, once())
    assert Written(record, replayed=True) == await vessels.insert(record, once())


FAILURES: dict[str, tuple[Write, type[Exception]]] = {
    "no such record to update": (lambda items, t: items.update(make_id(5), {}, LATER, t), NotFound),
    "no such record to delete": (lambda items, t: items.delete(make_id(5), t), NotFound),
    "another version to update": (
        lambda items, t: items.update(make_id(1), {}, LATER, WriteOptions(t.owner, 7, t.key)),
        VersionConflict,
    ),
    "another version to delete": (
        lambda items, t: items.delete(make_id(1), WriteOptions(t.owner, 7, t.key)),
        VersionConflict,
    ),
    "another's record to update": (
        lambda items, t: items.update(make_id(1), {}, LATER, WriteOptions("him", None, t.key)),
        NotFound,
    ),
    "an id that is taken": (lambda items, t: items.insert(make_record(1), t), StoreQueryFailed),
}


@pytest.mark.parametrize(("failing", "error"), FAILURES.values(), ids=FAILURES.keys())
async def test_a_write_that_fails_keeps_nothing(
    items: Collection, failing: Write, error: type[Exception]
) -> None:
    """It fails as often as it is tried, and its key is free for another write."""
    for _ in range(2):
        with pytest.raises(error):
            await failing(items, once())
    assert Written(make_record(2)) == await items.insert(make_record(2), once(fingerprint="another"))
    assert [make_record(1), make_record(2)] == await walk(items, 10)


@pytest.mark.parametrize("expected", [1, 7, None])
async def test_a_replay_asks_for_no_version(items: Collection, expected: int | None) -> None:
    """The version that a retry expects is gone by the first write's doing, or was never there."""
    first = await items.update(make_id(1), {"name": "x"}, LATER, once(expected_version=1))
    again = await items.update(make_id(1), {"name": "x"}, LATER, once(expected_version=expected))
    assert Written(first.record, replayed=True) == again
    await items.delete(make_id(1), once("delete", expected_version=2))
    assert (await items.delete(make_id(1), once("delete", expected_version=expected))).replayed


@every_write
async def test_of_many_at_once_one_is_made(items: Collection, write: Write) -> None:
    """The others are told to wait, or get the result of the one that was made."""
    outcomes = await asyncio.gather(*(write(items, once()) for _ in range(WRITERS)), return_exceptions=True)
    made = [outcome for outcome in outcomes if isinstance(outcome, Written)]
    assert 1 == sum(not written.replayed for written in made)
    assert all(isinstance(outcome, Written | IdempotencyKeyInFlight) for outcome in outcomes)
    assert all(written.record == made[0].record for written in made)
    assert (await write(items, once())).replayed
    versions = [record.version for record in await walk(items, 10)]
    assert {"insert": [1, 1], "update": [2], "delete": []}[_name(write)] == versions


async def test_of_many_different_requests_at_once_one_is_made(items: Collection) -> None:
    """Where clients choose the same key for different inserts, one of them is kept, once."""
    outcomes = await asyncio.gather(
        *(items.insert(make_record(100 + n), once(fingerprint=f"{n}")) for n in range(WRITERS)),
        return_exceptions=True,
    )
    refused = (IdempotencyKeyReused, IdempotencyKeyInFlight)
    assert WRITERS - 1 == sum(isinstance(outcome, refused) for outcome in outcomes)
    assert 2 == await items.count()


async def test_different_keys_are_independent(items: Collection) -> None:
    """Many keyed writes at once, among them some that fail: all others are made, none is told to wait."""
    outcomes = await asyncio.gather(
        *(items.insert(make_record(100 + n - n % 2), once(f"{n}")) for n in range(2 * WRITERS)),
        return_exceptions=True,
    )
    assert WRITERS == sum(isinstance(outcome, Written) for outcome in outcomes)
    assert WRITERS == sum(isinstance(outcome, StoreQueryFailed) for outcome in outcomes)
    assert WRITERS + 1 == await items.count()


DURABLE = [kind for kind in STORES if kind.durable]
on_durable_stores = pytest.mark.parametrize("kind", DURABLE, ids=lambda kind: kind.name)


@on_durable_stores
async def test_keys_outlive_the_store(kind: StoreKind, tmp_path: Path) -> None:
    """What a process acknowledged, the next one replays."""
    written = []
    for _ in range(2):
        store = kind.make(tmp_path, RESOURCES, TIMEOUT)
        await store.open()
        written.append(await awaited(store.collection(ITEMS)).insert(make_record(2), once()))
        await store.close()
    assert [Written(make_record(2)), Written(make_record(2), replayed=True)] == written


@on_durable_stores
async def test_two_replicas_make_one_write(kind: StoreKind, tmp_path: Path) -> None:
    """The same key at two stores on one engine, many times at once: every pair of writes has one effect."""
    stores = [kind.make(tmp_path, RESOURCES, TIMEOUT) for _ in range(2)]
    for store in stores:
        await store.open()
    collections = [awaited(store.collection(ITEMS)) for store in stores]
    outcomes = await asyncio.gather(
        *(collections[n % 2].insert(make_record(100 + n), once(f"{n // 2}")) for n in range(2 * WRITERS)),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, Written | IdempotencyKeyInFlight) for outcome in outcomes)
    assert WRITERS == sum(isinstance(each, Written) and not each.replayed for each in outcomes)
    assert WRITERS == await collections[0].count()
    for store in stores:
        await store.close()


def _name(write: Write) -> str:
    return next(name for name, each in WRITES.items() if each is write)
