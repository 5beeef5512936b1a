"""Inserts that come together go together, and whatever befalls one of them is its own."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from functools import partial
from itertools import chain
from typing import Any

import pytest
from sqlalchemy import MetaData

from estuary.core.errors import StoreError, StoreQueryFailed, StoreUnavailable
from estuary.core.items import ITEMS
from estuary.stores.postgres.conflicts import Conflicts
from estuary.stores.postgres.insert_batcher import MOST_CHARACTERS, MOST_ROWS, InsertBatcher
from estuary.stores.postgres.multi_row_insert import MultiRowInsert
from estuary.stores.postgres.pool import MAX_WAITING, Pool
from estuary.stores.sql.tables import resource_table
from tests.contract.making import dice
from tests.support.fake_postgres import FakeConnection, FakeConnector, server_error
from tests.support.resources import VESSELS
from tests.support.waiting import until

ALONE = "INSERT of one"
STATEMENTS = 2
TIMEOUT = 60.0

hasty = pytest.mark.parametrize("seconds", [1.0])
"""For what is about time that runs out; elsewhere a busy machine has all it needs."""


class Server:
    """What the connections are to: answers each statement when it is let."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.most = 0
        self._busy = 0
        self.refused: dict[str, BaseException] = {}
        self._open = asyncio.Event()

    def answer(self) -> None:
        """Answer what was asked, and what will be."""
        self._open.set()

    def was_asked(self, times: int) -> bool:
        """Whether it was, so often."""
        return times == len(self.asked)

    async def insert(self, ids: list[str]) -> None:
        """Insert rows of these ids."""
        self.asked.append(ids)
        self._busy += 1
        self.most = max(self.most, self._busy)
        await self._open.wait()
        for _ in ids:
            await asyncio.sleep(0)
        self._busy -= 1
        for number in ids:
            if number in self.refused:
                raise self.refused[number]


class Connection(FakeConnection):
    """A connection to it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    async def fetchrow(self, statement: str, *parameters: Any, timeout: float) -> None:  # noqa: ARG002, ASYNC109 (the driver's)
        first = parameters[0]
        await self._server.insert([first] if statement == ALONE else list(first))


class ServerConnector(FakeConnector):
    """Makes such connections."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    async def connect(self, *, plain: bool = False, unlimited: bool = False) -> Any:
        if not self.refuses:
            return Connection(self._server)
        return await super().connect(plain=plain, unlimited=unlimited)


@pytest.fixture
async def server() -> Server:
    """The server."""
    return Server()


@pytest.fixture
async def connector(server: Server) -> ServerConnector:
    """What leads to it."""
    return ServerConnector(server)


@pytest.fixture
def seconds() -> float:
    """For each row."""
    return TIMEOUT


@pytest.fixture
async def pool(connector: ServerConnector, seconds: float) -> AsyncIterator[Pool]:
    """Five connections."""
    made = Pool(connector, size=5, timeout=seconds, observe=lambda _: None)
    yield made
    await made.close()


@pytest.fixture
async def inserts(pool: Pool, seconds: float) -> InsertBatcher:
    """Inserts into the table of items: two statements at a time."""
    table = resource_table(ITEMS, MetaData())
    group = MultiRowInsert(table, ALONE)
    return InsertBatcher(pool, group, Conflicts(table, ()), statements=STATEMENTS, timeout=seconds)


def rows(ids: Iterable[object]) -> list[tuple[Any, ...]]:
    """Rows of these ids."""
    return [(str(number), 1, 0, 0, "", "a name", None) for number in ids]


def added(inserts: InsertBatcher, *ids: object) -> list[asyncio.Future[None]]:
    """Those rows, added."""
    return [inserts.add(row) for row in rows(ids)]


async def busy(inserts: InsertBatcher, server: Server) -> list[asyncio.Future[None]]:
    """As many rows, each in a statement of its own, as there may be statements; none is answered."""
    under_way = []
    for number in range(STATEMENTS):
        under_way += added(inserts, f"busy {number}")
        await until(partial(server.was_asked, number + 1))
    return under_way


async def failures(kept: Iterable[asyncio.Future[None]]) -> list[BaseException | None]:
    """What became of them, within bounds."""
    async with asyncio.timeout(10):
        return await asyncio.gather(*kept, return_exceptions=True)


async def test_a_row_that_comes_alone_goes_alone(inserts: InsertBatcher, server: Server) -> None:
    """It waits for no other, and takes the statement for one."""
    server.answer()
    await inserts.add(rows([1])[0])
    assert [["1"]] == server.asked


async def test_rows_that_come_together_go_together(inserts: InsertBatcher, server: Server) -> None:
    """Those of one turn of the event loop are one statement."""
    kept = added(inserts, 1, 2, 3)
    server.answer()
    assert [None] * 3 == await failures(kept)
    assert [["1", "2", "3"]] == server.asked


async def test_rows_wait_while_enough_statements_are_under_way(
    inserts: InsertBatcher, server: Server
) -> None:
    """What came meanwhile, in however many turns of the loop, is one statement afterwards."""
    under_way = await busy(inserts, server)
    waiting = []
    for number in range(5):
        waiting += added(inserts, number)
        await asyncio.sleep(0)
    assert STATEMENTS == len(server.asked)
    server.answer()
    assert [None] * 7 == await failures(under_way + waiting)
    assert [["0", "1", "2", "3", "4"]] == server.asked[STATEMENTS:]


async def test_a_statement_has_a_bounded_number_of_rows(inserts: InsertBatcher, server: Server) -> None:
    """The rest goes with the next one, at once where there may be one, in the order in which it came."""
    kept = added(inserts, *range(2 * MOST_ROWS + 1))
    await until(partial(server.was_asked, STATEMENTS))
    server.answer()
    await failures(kept)
    assert [MOST_ROWS, MOST_ROWS, 1] == [len(ids) for ids in server.asked]
    assert [str(number) for number in range(2 * MOST_ROWS + 1)] == [*chain.from_iterable(server.asked)]


async def test_large_rows_share_no_statement(inserts: InsertBatcher, server: Server) -> None:
    """They would be copied, and waited for, together: what is large enough goes as if alone."""
    large = "x" * MOST_CHARACTERS
    kept = [inserts.add((*row[:-1], large if row[0] in "24" else None)) for row in rows(range(6))]
    server.answer()
    assert [None] * 6 == await failures(kept)
    assert [["0", "1", "2"], ["3", "4"], ["5"]] == server.asked


async def test_the_texts_of_lists_are_texts() -> None:
    """Of a row with both, all characters count."""
    table = resource_table(VESSELS, MetaData())
    empty: list[Any] = [None] * len(table.columns)
    row = dict(zip(table.columns.keys(), empty, strict=True)) | {
        "name": "four",
        "crew": 10_000,
        "tags": ["a", "bcd"],
        "notes": None,
    }
    assert 8 == MultiRowInsert(table, ALONE).characters([*row.values()])


async def test_there_are_never_more_statements_than_allowed(inserts: InsertBatcher, server: Server) -> None:
    """Rows that come in the very turn in which others end do not add one."""
    kept: list[asyncio.Future[None]] = []
    numbers = dice(1)
    server.answer()
    for _ in range(1000):
        kept += added(inserts, *range(numbers.randrange(7)))
        await asyncio.sleep(0)
    assert [None] * len(kept) == await failures(kept)
    assert STATEMENTS == server.most


async def test_a_refusal_is_for_the_row_it_is_about(inserts: InsertBatcher, server: Server) -> None:
    """The server refuses a statement whole; the other rows are kept all the same."""
    server.refused["2"] = server_error("23514")
    kept = added(inserts, 1, 2, 3)
    server.answer()
    first, second, third = await failures(kept)
    assert (None, None) == (first, third)
    assert isinstance(second, StoreQueryFailed)
    assert [["1", "2", "3"], ["1"], ["2"], ["3"]] == server.asked


async def test_after_a_refusal_only_who_still_waits_is_sent_again(
    inserts: InsertBatcher, server: Server
) -> None:
    """A row whose caller has gone is left out."""
    server.refused["2"] = server_error("23505")
    kept = added(inserts, 1, 2, 3)
    await until(partial(server.was_asked, 1))
    kept[2].cancel()
    server.answer()
    await failures(kept)
    assert [["1", "2", "3"], ["1"], ["2"]] == server.asked


async def test_an_unknown_error_reaches_the_caller(inserts: InsertBatcher, server: Server) -> None:
    """And is not lost in a task, with the caller waiting for a row that was not kept."""
    server.refused["1"] = LookupError("a bug")
    server.answer()
    with pytest.raises(LookupError, match="a bug"):
        await inserts.add(rows([1])[0])


async def test_an_outage_is_told_to_each_row_once(inserts: InsertBatcher, server: Server) -> None:
    """Nothing is tried again, for it may have been kept; and no two callers share an exception."""
    server.refused["1"] = ConnectionResetError()
    kept = added(inserts, 1, 2, 3)
    server.answer()
    reported = await failures(kept)
    assert [StoreUnavailable] * 3 == [type(error) for error in reported]
    assert 3 == len({id(error) for error in reported})
    assert all(
        isinstance(error, StoreError) and error.__cause__ is server.refused["1"] for error in reported
    )
    assert 1 == len(server.asked)


async def test_an_unreachable_server_fails_rows_at_once(
    inserts: InsertBatcher, connector: ServerConnector
) -> None:
    """As it does every other call."""
    connector.refuses = True
    reported = await failures(added(inserts, 1, 2))
    assert ["no server listens"] * 2 == [str(error) for error in reported]


@hasty
async def test_each_rows_time_is_bounded(inserts: InsertBatcher, server: Server) -> None:
    """However long others take, a row waits no longer than it may; and then it is not sent any more."""
    under_way = await busy(inserts, server)
    reported = await failures(under_way + added(inserts, "late"))
    assert [StoreUnavailable] * 3 == [type(error) for error in reported]
    server.answer()
    await inserts.add(rows(["next"])[0])
    assert ["next"] in server.asked
    assert ["late"] not in server.asked


@pytest.mark.parametrize("sent", [False, True], ids=["before it was sent", "under way"])
async def test_a_caller_who_leaves_cancels_no_other(
    inserts: InsertBatcher, server: Server, sent: bool
) -> None:
    """The others' rows are kept; the one of who went is left out where that still can be."""
    under_way = [] if sent else await busy(inserts, server)
    gone, stays = added(inserts, "gone", "stays")
    if sent:
        await until(lambda: server.asked != [])
    gone.cancel()
    server.answer()
    assert [None] * (len(under_way) + 1) == await failures([*under_way, stays])
    assert [["gone", "stays"] if sent else ["stays"]] == server.asked[len(under_way) :]


@hasty
async def test_too_many_rows_are_turned_away(inserts: InsertBatcher, server: Server) -> None:
    """At once, and only as long as they do wait: rows whose time is over leave room for others."""
    under_way = await busy(inserts, server)
    waiting = added(inserts, *range(MAX_WAITING))
    with pytest.raises(StoreUnavailable, match="too many calls are waiting"):
        inserts.add(rows(["more"])[0])
    await failures(under_way + waiting)
    server.answer()
    await inserts.add(rows(["later"])[0])


@hasty
async def test_rows_that_wait_at_the_end_are_told_so(
    inserts: InsertBatcher, pool: Pool, server: Server
) -> None:
    """No caller is left waiting when a store is closed."""
    under_way = await busy(inserts, server)
    waiting = added(inserts, "waiting")
    await pool.close()
    reported = await failures(under_way + waiting)
    assert [StoreUnavailable] * 3 == [type(error) for error in reported]
