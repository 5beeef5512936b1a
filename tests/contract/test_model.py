"""Any store against the simplest thing that could be one: a dictionary, sorted when asked."""

import asyncio
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estuary.core.errors import NotFound, StoreQueryFailed, VersionConflict
from estuary.core.items import ITEMS, Item
from estuary.core.record import Record
from estuary.core.writes.writes import WriteOptions
from tests.contract.making import LATER, TIMEOUT, make_id, position_of, record_of
from tests.contract.stores import KEEPERS, STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited

_EXAMPLES = 500 if os.environ.get("ESTUARY_TEST_SOAK") == "1" else 50

# Few ids and fewer times: records meet, tie and come back.
ids = st.integers(0, 11).map(make_id)
moments = st.integers(0, 3).map(lambda offset: START + timedelta(microseconds=offset))
versions = st.none() | st.integers(1, 3)
owners = st.none() | st.sampled_from(["her", "him"])
names = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=5)
limits = st.integers(1, 5)

operations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), owners, ids, moments, names),
        st.tuples(st.just("update"), owners, ids, names, versions),
        st.tuples(st.just("delete"), owners, ids, versions),
        st.tuples(st.just("get"), owners, ids),
        st.tuples(st.just("slice"), owners, st.integers(0, 14), limits),
        st.tuples(st.just("page"), owners, st.none() | st.tuples(moments, ids), limits),
        st.tuples(st.just("count"), owners),
    ),
    min_size=10,
    max_size=60,
)


class Model:
    """What each operation must answer: a value, or the type of the error and what it carries."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}

    def insert(self, owner: str | None, record_id: str, moment: datetime, name: str) -> object:
        """Keep a record, unless its id is taken."""
        if record_id in self._records:
            return StoreQueryFailed
        self._records[record_id] = Record(record_id, 1, moment, moment, Item(name), owner or "")
        return None

    def get(self, owner: str | None, record_id: str) -> object:
        """The record."""
        return self._seen(owner).get(record_id, NotFound)

    def update(self, owner: str | None, record_id: str, name: str, expected: int | None) -> object:
        """The record with another name."""
        refusal = self._refusal(owner, record_id, expected)
        if refusal is not None:
            return refusal
        old = self._records[record_id]
        value = Item(name, old.value.description)  # type: ignore[attr-defined]
        new = Record(old.id, old.version + 1, old.created_at, LATER, value, old.owner)
        self._records[record_id] = new
        return new

    def delete(self, owner: str | None, record_id: str, expected: int | None) -> object:
        """Remove the record."""
        refusal = self._refusal(owner, record_id, expected)
        if refusal is None:
            del self._records[record_id]
        return refusal

    def slice(self, owner: str | None, offset: int, limit: int) -> object:
        """A cut out of the sorted records."""
        return self._sorted(owner)[offset : offset + limit], len(self._seen(owner))

    def page(self, owner: str | None, after: Any, limit: int) -> object:
        """The first records behind a time and an id."""
        return [r for r in self._sorted(owner) if after is None or (r.created_at, r.id) > after][:limit]

    def count(self, owner: str | None) -> object:
        """How many there are."""
        return len(self._seen(owner))

    def _seen(self, owner: str | None) -> dict[str, Record]:
        return {id_: one for id_, one in self._records.items() if owner in (None, one.owner)}

    def _sorted(self, owner: str | None) -> list[Record]:
        return sorted(self._seen(owner).values(), key=lambda record: (record.created_at, record.id))

    def _refusal(self, owner: str | None, record_id: str, expected: int | None) -> object:
        if record_id not in self._seen(owner):
            return NotFound
        current = self._records[record_id].version
        return None if expected in (None, current) else (VersionConflict, current)


async def _answer(collection: Collection, name: str, owner: str | None, *arguments: Any) -> object:
    """What the store answers, in the model's terms."""
    try:
        match name, arguments:
            case "insert", (record_id, moment, item_name):
                new = Record(record_id, 1, moment, moment, Item(item_name), owner or "")
                await collection.insert(new)
                return None
            case "update", (record_id, new_name, expected):
                options = WriteOptions(owner, expected)
                return await record_of(collection.update(record_id, {"name": new_name}, LATER, options))
            case "delete", (record_id, expected):
                return (await collection.delete(record_id, WriteOptions(owner, expected))).record
            case "slice", (offset, limit):
                records, total = await collection.slice(offset, limit, owner)
                return list(records), total
            case "page", (after, limit):
                place = after and position_of(Record(after[1], 1, after[0], after[0], Item("")))
                return list(await collection.page(place, limit, owner))
            case _:
                return await getattr(collection, name)(*arguments, owner)
    except NotFound:
        return NotFound
    except StoreQueryFailed:
        return StoreQueryFailed
    except VersionConflict as conflict:
        return VersionConflict, conflict.current


async def _compare(kind: StoreKind, asked: list[tuple[Any, ...]], folder: Path) -> None:
    store, model = kind.make(folder, [ITEMS], TIMEOUT), Model()
    await store.open()
    try:
        collection = awaited(store.collection(ITEMS))
        for name, owner, *arguments in asked:
            expected = getattr(model, name)(owner, *arguments)
            assert expected == await _answer(collection, name, owner, *arguments)
        assert model.page(None, None, 100) == await _answer(collection, "page", None, None, 100)
    finally:
        await store.close()


@pytest.mark.long
@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.name)
def test_a_store_answers_as_the_model_does(kind: StoreKind) -> None:
    """Whatever is asked, in whatever order, the answers are those of a sorted dictionary.

    What keeps values in its own form is asked four times as much as what only passes them on.
    """

    @settings(
        max_examples=_EXAMPLES if kind in KEEPERS else _EXAMPLES // 4,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(asked=operations)
    def compare(asked: list[tuple[Any, ...]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(_compare(kind, asked, Path(folder)))

    compare()
