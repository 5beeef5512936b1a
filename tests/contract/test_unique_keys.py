"""Of the values of a unique key each record has its own: whatever writes, and however many at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from estuary.core.awaiting import settled
from estuary.core.errors import RecordRefused, UniqueConflict, WriteRefused
from estuary.core.ports import Store
from estuary.core.queries.uniques import MOST_FOUND, UniqueKey
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.core.writes.writes import Delete, Insert, Update, WriteOptions
from tests.contract.making import LATER, TIMEOUT, make_id, once
from tests.contract.stores import StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.members import BADGE, EMAIL, JOINED, MEMBERS, NUMBER, SHIRT, member

WRITERS = 64
NOON = datetime(2026, 2, 3, 12, 0, 0, 1, tzinfo=UTC)


@pytest.fixture
async def club(kind: StoreKind, tmp_path: Path) -> AsyncIterator[Store]:
    """An open, empty store of members."""
    store = kind.make(tmp_path, [MEMBERS], TIMEOUT)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def members(club: Store) -> Collection:
    """Its members."""
    return awaited(club.collection(MEMBERS))


def record(number: int, owner: str = "", /, **fields: Any) -> Record:
    """A member's record."""
    return Record(make_id(number), 1, START, START, member(number, **fields), owner)


async def conflict(write: Any) -> tuple[str, ...]:
    """The fields that the refusal of `write` names."""
    with pytest.raises(UniqueConflict) as raised:
        await write
    return raised.value.fields


TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any], UniqueKey]] = {
    "a number": ({"number": 7}, {"number": 7}, NUMBER),
    "zero": ({"number": 0}, {"number": 0}, NUMBER),
    "an e-mail address": ({"email": "Ada@example.org"}, {"email": "aDA@EXAMPLE.org"}, EMAIL),
    "an empty text": ({"email": ""}, {"email": ""}, EMAIL),
    "several fields": ({"team": "red", "shirt": 1}, {"team": "red", "shirt": 1}, SHIRT),
    "of all owners": ({"badge": "b", "team": "x"}, {"badge": "b", "team": "y"}, BADGE),
}


@pytest.mark.parametrize(("first", "second", "key"), TAKEN.values(), ids=TAKEN.keys())
async def test_what_is_taken_is_refused(
    members: Collection, first: dict[str, Any], second: dict[str, Any], key: UniqueKey
) -> None:
    """On insert and on update; nothing is written, and what is given free can be taken."""
    await members.insert(record(1, **first))
    await members.insert(record(2))
    assert key.fields == await conflict(members.insert(record(3, **second)))
    assert key.fields == await conflict(members.update(make_id(2), second, LATER))
    assert (2, record(2)) == (await members.count(), await members.get(make_id(2)))
    await members.delete(make_id(1))
    await members.update(make_id(2), second, LATER)
    assert key.fields == await conflict(members.insert(record(1, **first)))


async def test_a_record_is_not_in_its_own_way(members: Collection) -> None:
    """It keeps its values when it is written again, in another case too."""
    await members.insert(record(1, email="Ada@example.org", number=1))
    await members.update(make_id(1), {"email": "ada@example.ORG", "number": 1}, LATER)
    await members.update(make_id(1), {"note": "other"}, LATER)
    assert 3 == (await members.get(make_id(1))).version
    assert ("email",) == await conflict(members.insert(record(2, email="ADA@EXAMPLE.ORG")))


FREE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "null": ({"number": None}, {"number": None}),
    "null among several fields": ({"team": "red", "shirt": None}, {"team": "red", "shirt": None}),
    "letters that are not ASCII": ({"email": "ä@example.org"}, {"email": "Ä@example.org"}),
    "case that is not folded": ({"badge": "b", "team": "x"}, {"badge": "B", "team": "x"}),
    "fields that differ in one": ({"team": "red", "shirt": 1}, {"team": "red", "shirt": 2}),
    "fields with a shifted border": ({"team": "re", "shirt": 11}, {"team": "re1", "shirt": 1}),
    "a space": ({"email": "a"}, {"email": "a "}),
}


@pytest.mark.parametrize(("first", "second"), FREE.values(), ids=FREE.keys())
async def test_what_differs_is_free(
    members: Collection, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Null equals nothing, and texts are compared as they are, but for ASCII letters that are folded."""
    await members.insert(record(1, **first))
    await members.insert(record(2, **second))
    await members.update(make_id(2), second, LATER)
    assert 2 == await members.count()


async def test_owners_are_not_in_each_others_way(members: Collection) -> None:
    """Unless the key is one of all owners: then it shows that a value is there, and nothing more."""
    await members.insert(record(1, "her", number=1, badge="b", team="t", joined_at=NOON))
    await members.insert(record(2, "him", number=1))
    await members.insert(record(3, number=1))
    assert ("number",) == await conflict(members.insert(record(4, "him", number=1)))
    assert ("badge",) == await conflict(members.insert(record(4, "him", badge="b")))
    assert ("badge",) == await conflict(
        members.update(make_id(2), {"badge": "b"}, LATER, WriteOptions("him"))
    )


async def test_a_key_of_several_kinds(members: Collection) -> None:
    """Times are compared to the microsecond, and texts among several fields are folded where it says so."""
    fields: dict[str, Any] = {"team": "T", "joined_at": NOON}
    await members.insert(record(1, badge="x", **fields))
    await members.insert(record(2, badge="y", **fields))
    found = await members.find(JOINED, ("X", "t", NOON))
    assert [record(1, badge="x", **fields)] == list(found.records)


async def test_records_are_found_by_their_values(members: Collection) -> None:
    """As they are now, of one owner or of all; more than one shows that several have them."""
    mine = record(1, "her", email="Ada@example.org", number=1)
    await members.insert(mine)
    assert [mine] == list((await members.find(EMAIL, ("ADA@example.org",))).records)
    assert [mine] == list((await members.find(NUMBER, (1,), "her")).records)
    assert [] == list((await members.find(NUMBER, (1,), "him")).records)
    assert [] == list((await members.find(NUMBER, (None,))).records)
    assert [] == list((await members.find(NUMBER, (2,))).records)
    for number in range(2, MOST_FOUND + 2):
        await members.insert(record(number, f"him {number}", number=1))
    assert MOST_FOUND == len((await members.find(NUMBER, (1,))).records)
    assert [mine] == list((await members.find(NUMBER, (1,), "her")).records)
    changed = (await members.update(make_id(1), {"number": 9}, LATER)).record
    assert [changed] == list((await members.find(NUMBER, (9,))).records)
    assert [] == list((await members.find(NUMBER, (1,), "her")).records)
    await members.delete(make_id(1))
    assert [] == list((await members.find(NUMBER, (9,))).records)


async def test_of_a_key_of_all_owners_others_find_nothing(members: Collection) -> None:
    """Where an owner is given, only that owner's records exist."""
    await members.insert(record(1, "her", badge="b"))
    assert [] == list((await members.find(BADGE, ("b",), "him")).records)
    assert 1 == len((await members.find(BADGE, ("b",), "her")).records)


async def test_exactly_one_of_many_takes_a_value(members: Collection) -> None:
    """Of 64 at once one is kept, and each other is told of the conflict and of nothing else."""
    outcomes = await asyncio.gather(
        *(members.insert(record(n, email="ada@example.org")) for n in range(WRITERS)),
        return_exceptions=True,
    )
    refused = [each.fields for each in outcomes if isinstance(each, UniqueConflict)]
    assert [("email",)] * (WRITERS - 1) == refused
    assert 1 == await members.count()


async def test_a_refusal_meets_its_own_record_only(members: Collection) -> None:
    """Of inserts that come together, those that are in no other's way are kept."""
    values = [number % 8 for number in range(32)]
    outcomes = await asyncio.gather(
        *(members.insert(record(n, number=value)) for n, value in enumerate(values)),
        return_exceptions=True,
    )
    kept = [each for each in outcomes if not isinstance(each, BaseException)]
    assert (8, 8) == (len(kept), await members.count())
    assert [("number",)] * 24 == [each.fields for each in outcomes if isinstance(each, UniqueConflict)]


async def test_values_in_opposite_orders(members: Collection) -> None:
    """Writers that wait for each other's values are told of a conflict, not of an outage."""
    numbers = [(n, n) for n in range(16)] + [(n + 100, 15 - n) for n in range(16)]
    outcomes = await asyncio.gather(
        *(members.insert(record(n, number=value, shirt=value, team="t")) for n, value in numbers),
        return_exceptions=True,
    )
    assert {UniqueConflict} == {type(each) for each in outcomes if isinstance(each, BaseException)}
    assert 16 == await members.count()


async def test_a_key_is_not_kept_by_a_write_that_is_refused(members: Collection) -> None:
    """Once the value is free, the same key makes the write."""
    await members.insert(record(1, number=1))
    assert ("number",) == await conflict(members.insert(record(2, number=1), once()))
    assert ("number",) == await conflict(members.insert(record(2, number=1), once()))
    await members.delete(make_id(1))
    written = await members.insert(record(2, number=1), once())
    replayed = await members.insert(record(3, number=1), once())
    assert (False, True) == (written.replayed, replayed.replayed)
    await members.insert(record(4))
    assert ("number",) == await conflict(members.update(make_id(4), {"number": 1}, LATER, once("other")))
    await members.delete(make_id(2))
    assert not (await members.update(make_id(4), {"number": 1}, LATER, once("other"))).replayed


async def test_of_several_writes_the_refused_one_is_told(club: Store, members: Collection) -> None:
    """By its place, and none is made; later ones can take what earlier ones give free."""
    await members.insert(record(1, number=1))
    takes = Insert("members", record(2, number=1))
    with pytest.raises(WriteRefused) as raised:
        await settled(club.transact([Insert("members", record(3)), takes, Delete("members", make_id(1))]))
    refusal = raised.value.refusal
    assert isinstance(refusal, UniqueConflict)
    assert (1, ("number",)) == (raised.value.index, refusal.fields)
    assert 1 == await members.count()
    await settled(
        club.transact([Delete("members", make_id(1)), takes, Update("members", make_id(2), {}, LATER)])
    )
    assert 1 == len((await members.find(NUMBER, (1,))).records)
    with pytest.raises(WriteRefused):
        await settled(club.transact([Insert("members", record(n, number=5)) for n in (5, 6)]))
    assert [] == list((await members.find(NUMBER, (5,))).records)
    await members.insert(record(5, number=5))


async def batches(*records: Record) -> AsyncIterator[tuple[Resource, list[Record]]]:
    """The records, in two batches."""
    for half in (records[:2], records[2:]):
        yield MEMBERS, list(half)


async def test_a_load_over_duplicates_keeps_none(club: Store, members: Collection) -> None:
    """It names the record that was in another's way, and in which fields."""
    with pytest.raises(RecordRefused) as raised:
        await club.load(
            batches(record(1, number=1), record(2), record(3), record(4, number=1), record(5)),
            replace=False,
        )
    assert (make_id(4), ("number",)) == (raised.value.record_id, raised.value.fields)
    assert 0 == await members.count()
    assert 3 == await club.load(batches(record(1, number=1), record(2), record(3)), replace=False)
    assert ("number",) == await conflict(members.insert(record(4, number=1)))
