"""Unique keys of any store against the simplest model of them: look through all records."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estuary.core.errors import NotFound, UniqueConflict
from estuary.core.queries.uniques import MOST_FOUND, UniqueKey
from estuary.core.record import Record
from estuary.core.writes.writes import WriteOptions
from tests.contract.making import LATER, TIMEOUT, make_id, record_of
from tests.contract.stores import KEEPERS, STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.members import BADGE, EMAIL, MEMBERS, NUMBER, SHIRT, Member

# Few of each: records get in each other's way, and out of it.
ids = st.integers(0, 5).map(make_id)
owners = st.sampled_from(["", "her", "him"])
fields = st.fixed_dictionaries(
    {"email": st.sampled_from(["a", "A", "b", "ä"])},
    optional={
        "number": st.none() | st.integers(0, 1),
        "badge": st.none() | st.sampled_from(["x", "X"]),
        "team": st.sampled_from(["", "red"]),
        "shirt": st.none() | st.integers(0, 1),
    },
)
asked_keys = st.one_of(
    st.tuples(st.just(EMAIL), st.tuples(st.sampled_from(["a", "B", "ä", "Ä"]))),
    st.tuples(st.just(NUMBER), st.tuples(st.none() | st.integers(0, 1))),
    st.tuples(st.just(BADGE), st.tuples(st.sampled_from(["x", "X"]))),
    st.tuples(st.just(SHIRT), st.tuples(st.just("red"), st.integers(0, 1))),
)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), owners, ids, fields),
        st.tuples(st.just("update"), ids, fields),
        st.tuples(st.just("delete"), ids),
        st.tuples(st.just("find"), st.none() | owners.filter(bool), asked_keys),
    ),
    min_size=10,
    max_size=50,
)


class Model:
    """What each operation must answer: a value, or the error with what it carries."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def insert(self, owner: str, record_id: str, given: dict[str, Any]) -> object:
        """Keep a new record under an id that is free."""
        return self._kept(Record(record_id, 1, START, START, Member(**given), owner))

    def update(self, record_id: str, given: dict[str, Any]) -> object:
        """Set the given fields."""
        old = self._records.get(record_id)
        if old is None:
            return NotFound
        value = Member(**{name: getattr(old.value, name) for name in Member.__struct_fields__} | given)
        return self._kept(Record(old.id, old.version + 1, old.created, LATER, value, old.owner))

    def delete(self, record_id: str) -> object:
        """Remove the record."""
        return NotFound if self._records.pop(record_id, None) is None else None

    def find(self, owner: str | None, asked: tuple[UniqueKey, tuple[Any, ...]]) -> object:
        """The ids of the records that have the values, or how many, where these are more than are found."""
        key, given = asked
        values = key.values(given)
        found = {
            record.id
            for record in self._records.values()
            if owner in (None, record.owner) and values is not None and values == _values(key, record)
        }
        return found if len(found) <= MOST_FOUND else MOST_FOUND

    def holds(self, record_id: str) -> bool:
        """Whether the id is taken."""
        return record_id in self._records

    def _kept(self, new: Record) -> object:
        for key in MEMBERS.unique_keys:
            values = _values(key, new)
            for other in self._records.values():
                if (
                    other.id != new.id
                    and values is not None
                    and values == _values(key, other)
                    and (key.of_all or other.owner == new.owner)
                ):
                    return UniqueConflict
        self._records[new.id] = new
        return new


def _values(key: UniqueKey, record: Record) -> tuple[Any, ...] | None:
    return key.values([getattr(record.value, field) for field in key.fields])


async def _answer(collection: Collection, name: str, *arguments: Any) -> object:
    """What the store answers, in the model's terms."""
    try:
        match name, arguments:
            case "insert", (owner, record_id, given):
                new = Record(record_id, 1, START, START, Member(**given), owner)
                return await record_of(collection.insert(new))
            case "update", (record_id, given):
                return await record_of(collection.update(record_id, given, LATER, WriteOptions()))
            case "find", (owner, (key, given)):
                return {record.id for record in (await collection.find(key, given, owner)).records}
            case _:
                return (await collection.delete(*arguments)).record
    except (NotFound, UniqueConflict) as error:
        return type(error)


async def _compare(kind: StoreKind, asked: list[tuple[Any, ...]], folder: Path) -> None:
    store, model = kind.make(folder, [MEMBERS], TIMEOUT), Model()
    await store.open()
    try:
        collection = awaited(store.collection(MEMBERS))
        for name, *arguments in asked:
            if name == "insert" and model.holds(arguments[1]):
                continue
            expected = getattr(model, name)(*arguments)
            actual = await _answer(collection, name, *arguments)
            if expected == MOST_FOUND and isinstance(actual, set):
                actual = len(actual)
            assert (name, arguments, expected) == (name, arguments, actual)
    finally:
        await store.close()


@pytest.mark.long
@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.name)
def test_a_store_keeps_unique_keys_as_the_model_does(kind: StoreKind) -> None:
    """Whatever is written in whatever order: the same writes are refused, the same records are found."""

    @settings(
        max_examples=15 if kind in KEEPERS else 5, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(asked=operations)
    def compare(asked: list[tuple[Any, ...]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_compare(kind, asked, Path(folder)))

    compare()
