"""What no index serves ends in time, names the index that would serve it, and leaves other reads alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

from estuary.core.errors import Advice, QueriesWaiting, QueryTooExpensive
from estuary.core.queries.conditions import AnyOf, Comparison, Operator, SortKey
from estuary.core.queries.query import ListQuery
from estuary.core.record import Record
from estuary.core.resource import Resource
from estuary.stores.postgres import PostgresStore
from estuary.stores.sql.query_statements import FARTHEST_OFFSET
from estuary.stores.sqlite import SqliteStore
from tests.contract.making import TIMEOUT, make_id
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.served_queries import BOOKS, Book
from tests.support.servers import shared

TableStore = SqliteStore | PostgresStore
BUDGET = 0.2
SLACK = 2.0
"""Seconds past its budget within which a query has ended, on a busy machine: some milliseconds else."""
RECORDS, MANY = 4_000, 2_000
"""How many there are, and how many of them SQLite does not count at once."""
COSTLY = ListQuery(
    20,
    None,
    counted=False,
    where=(AnyOf(tuple(Comparison("tags", Operator.HAS, f"nowhere {number}") for number in range(45))),),
)


def record(number: int) -> Record:
    """A book with many tags, in each of which is looked for everything."""
    tags = [f"tag {tag}" for tag in range(200)]
    return Record(make_id(number), 1, START, START, Book(title=f"title {number}", tags=tags))


async def batches() -> AsyncIterator[tuple[Resource, list[Record]]]:
    """All of them."""
    yield BOOKS, [record(number) for number in range(RECORDS)]


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TableStore]:
    """A store with many books, and a small budget."""
    made: TableStore
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "books.db", [BOOKS], timeout=TIMEOUT, query_budget=BUDGET)
    else:
        shared.postgres().empty()
        made = PostgresStore(shared.postgres().url, [BOOKS], timeout=TIMEOUT, query_budget=BUDGET)
    await made.open()
    await made.load(batches(), replace=False)
    yield made
    await made.close()


@pytest.fixture
def books(store: TableStore) -> Collection:
    """Its books."""
    return awaited(store.collection(BOOKS))


async def test_a_query_without_an_index_ends_with_its_budget(books: Collection) -> None:
    """No index would help: what it asks for is in none."""
    began = monotonic()
    with pytest.raises(QueryTooExpensive) as raised:
        await books.list(COSTLY)
    assert BUDGET <= monotonic() - began <= BUDGET + SLACK
    assert Advice() == raised.value.advice
    assert make_id(1) == (await books.get(make_id(1))).id


async def test_other_reads_go_on_meanwhile(books: Collection) -> None:
    """Also those in a thread, or over another connection; and costly ones wait for their turn."""
    costly = [asyncio.create_task(books.list(COSTLY)) for _ in range(5)]
    counted = ListQuery(20, 0, where=(Comparison("pages", Operator.NULL, value=True),), at_most=MANY)
    reads = 0
    while not all(task.done() for task in costly):
        assert make_id(1) == (await books.get(make_id(1))).id
        found = await books.list(counted)
        assert (MANY, True) == (found.total, found.exceeded)
        reads += 1
    assert {QueryTooExpensive, QueriesWaiting} == {type(task.exception()) for task in costly}
    # Those that waited for a costly query would be one or two.
    assert reads > 4


@pytest.mark.parametrize("sort", [(), (SortKey("pages"),)], ids=["default order", "indexed order"])
async def test_a_far_offset_waits_for_its_turn(books: Collection, sort: tuple[SortKey, ...]) -> None:
    """What is skipped is read, even of an index: those who ask for that leave room to others."""
    ended: list[str] = []

    async def ask(name: str, query: ListQuery) -> None:
        with suppress(QueryTooExpensive, QueriesWaiting):
            await books.list(query)
        ended.append(name)

    far = ListQuery(1, FARTHEST_OFFSET + 1, counted=False, sort=sort)
    near = ListQuery(1, FARTHEST_OFFSET, counted=False, sort=sort)
    await asyncio.gather(*(ask("costly", COSTLY) for _ in range(5)), ask("far", far), ask("near", near))
    assert ["near", "costly"] == ended[:2]
    assert {"costly": 5, "far": 1, "near": 1} == Counter(ended)


async def test_an_exact_number_has_a_budget_too(books: Collection) -> None:
    """The list is served, and its number is counted by looking at each: that is bounded by time alone."""
    query = ListQuery(20, 0, where=(Comparison("pages", Operator.NULL, value=True),))
    found = await books.list(query)
    assert (RECORDS, False) == (found.total, found.exceeded)


async def test_a_query_without_an_index_may_be_answered(books: Collection) -> None:
    """Where it ends in time."""
    title = Comparison("title", Operator.EQ, "title 7")
    found = await books.list(ListQuery(20, 0, where=(title,), sort=(SortKey("note"),)))
    assert [make_id(7)] == [each.id for each in found.records]
    assert 1 == found.total
