"""Every store answers list queries as the model of them does: which records, in what order, how many."""

import asyncio
import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from estuary.core.queries.conditions import SortKey
from estuary.core.queries.query import ListQuery, ListResult
from estuary.core.record import Record
from estuary.core.record_service import RecordService
from estuary.core.resource import Resource
from tests.contract.making import TIMEOUT, dice, make_id
from tests.contract.stores import STORES, StoreKind
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.contexts import make_context
from tests.support.queries import MOORINGS, SORTABLE, collections, mooring, queries
from tests.support.query_model import answer, ordered

_LONG = os.environ.get("ESTUARY_TEST_SOAK") == "1"
_EXAMPLES = (
    {"memory": 10_000, "sqlite": 10_000, "postgres": 1_000, "convex": 200}
    if _LONG
    else {"memory": 100, "sqlite": 100, "postgres": 50, "convex": 30}
)
"""How many are tried on each engine: fewer where each takes longer."""
_OF_A_LAYER = 20
"""How many are tried on what only passes list queries on to an engine: a cache, an observer, a pooler."""


def _examples(kind: StoreKind) -> int:
    return _EXAMPLES.get(kind.name, _OF_A_LAYER)


class _Opened:
    """A store on the event loop that it belongs to."""

    def __init__(self, kind: StoreKind, folder: Path, runner: asyncio.Runner) -> None:
        self.runner = runner
        self.store = kind.make(folder, [MOORINGS], TIMEOUT)
        runner.run(self.store.open())
        self.moorings = awaited(self.store.collection(MOORINGS))
        self.records = RecordService(
            MOORINGS,
            self.moorings,
            make_context(lambda: make_id(0)),
        )

    async def hold(self, records: Sequence[Record]) -> None:
        """Have the store hold these records and no others."""
        await self.store.load(_batches(records), replace=True)


async def _batches(records: Sequence[Record]) -> AsyncIterator[tuple[Resource, Sequence[Record]]]:
    yield MOORINGS, records


@contextmanager
def _opened(kind: StoreKind) -> Iterator[_Opened]:
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        opened = _Opened(kind, Path(folder), runner)
        try:
            yield opened
        finally:
            runner.run(opened.store.close())


async def _walk(records: RecordService, query: ListQuery, most: int) -> list[Record]:
    """Every record that `query` asks for, page by page; a walk past so many pages never ends."""
    seen: list[Record] = []
    query = replace(query, offset=None, counted=False)
    for _ in range(most):
        page = await _list(records, query)
        seen += page.records
        if page.following is None:
            return seen
        query = replace(query, after=page.following)
    raise AssertionError(f"more than {most} pages: {query}")


async def _list(records: RecordService, query: ListQuery) -> ListResult:
    found = records.list(query)
    return found if isinstance(found, ListResult) else await found


def _ids(records: Sequence[Record]) -> list[str]:
    return [record.id for record in records]


async def _compare(opened: _Opened, held: Sequence[Record], asked: Sequence[ListQuery]) -> None:
    await opened.hold(held)
    for query in asked:
        expected = answer(held, query)
        found = await opened.moorings.list(query)
        assert _ids(expected.records) == _ids(found.records), query
        assert expected == (list(found.records), found.total, found.exceeded)
        walked = await _walk(opened.records, query, len(held) + 1)
        assert _ids(ordered(held, query)) == _ids(walked), query


@pytest.mark.long
@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.name)
def test_a_store_answers_list_queries_as_the_model_does(kind: StoreKind) -> None:
    """Of any condition, order, owner and count; and a walk by cursor is the whole of the order."""
    with _opened(kind) as opened:

        @settings(max_examples=_examples(kind), deadline=None, suppress_health_check=list(HealthCheck))
        @given(held=collections, asked=st.lists(queries(), min_size=4, max_size=8))
        def compare(held: list[Record], asked: list[ListQuery]) -> None:
            opened.runner.run(_compare(opened, held, asked))

        compare()


WALKS = 1_000 if _LONG else 25
"""Each in an order of its own, past writes of its own."""


async def _changed_meanwhile(opened: _Opened, seed: int) -> None:
    """A walk past writes to every second record: the others come as if there were none."""
    chance = dice(seed)
    ids = [make_id(number) for number in range(40)]
    held = [mooring(chance, record_id) for record_id in chance.sample(ids, len(ids))]
    await opened.hold(held)
    still, moving = held[::2], held[1::2]
    fields = chance.sample(SORTABLE, chance.randint(0, 3))
    query = ListQuery(3, None, counted=False, sort=tuple(SortKey(f, chance.random() < 0.5) for f in fields))
    seen: list[Record] = []
    for _ in range(len(held)):
        page, _ = await asyncio.gather(
            _list(opened.records, query), _change(opened.moorings, moving, fields, chance)
        )
        seen += page.records
        if page.following is None:
            break
        query = replace(query, after=page.following)
    stayed = [record for record in seen if record.id in {each.id for each in still}]
    assert _ids(ordered(still, query)) == _ids(stayed), query


async def _change(
    moorings: Collection, moving: list[Record], fields: Sequence[str], chance: random.Random
) -> None:
    """Delete a record, add another, and move a third to another place in the order."""
    gone, moved = moving.pop(), moving[0]
    await moorings.delete(gone.id)
    new = mooring(chance, make_id(1000 + chance.randrange(10**6)))
    await moorings.insert(new)
    other = mooring(chance, moved.id)
    changes = {field: getattr(other.value, field) for field in fields if field in MOORINGS.field_names}
    await moorings.update(moved.id, changes, START + timedelta(microseconds=chance.randrange(5)))
    moving.insert(0, new)


@pytest.mark.long
@pytest.mark.parametrize("kind", STORES, ids=lambda kind: kind.name)
def test_a_walk_past_writes_neither_misses_nor_repeats_what_stays(kind: StoreKind) -> None:
    """Records that are not written come once each, in their order, whatever comes, goes or moves."""
    with _opened(kind) as opened:
        walks = WALKS if kind.name in _EXAMPLES else WALKS // 10
        for seed in range(walks // kind.slow):
            opened.runner.run(_changed_meanwhile(opened, seed))
