"""List queries whose cost no index bounds leave no statement behind at the server, and no connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress

import pytest

from estuary.core.errors import QueriesWaiting, StoreUnavailable
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.postgres.pool import Pool
from estuary.stores.postgres.unserved import UnservedQueries
from estuary.stores.sql.statements import BoundStatement
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres
from tests.support.waiting import until

ENDLESS = BoundStatement("SELECT pg_sleep(600)", ())
AT_ONCE = BoundStatement("SELECT 1", ())
LONG = 60.0
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(600)'"


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server."""
    found = shared.postgres()
    yield found
    found.end_sessions()


@asynccontextmanager
async def pool_on(url: str) -> AsyncIterator[Pool]:
    """A pool of one connection, whose sessions have all the time in the world."""
    connector = Connector(url, timeout=LONG)
    await connector.look()
    made = Pool(connector, size=1, timeout=LONG, observe=lambda _: None)
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def pool(server: Postgres) -> AsyncIterator[Pool]:
    """One on the server itself."""
    async with pool_on(server.url) as made:
        yield made


async def session(pool: Pool) -> int:
    """The server's process behind the connection that the pool lends now."""

    async def pid(connection: Connection, seconds: float) -> int:
        return int(await connection.fetchval("SELECT pg_backend_pid()", timeout=seconds))

    return await pool.run(pid)


@pytest.mark.parametrize("plain", [True, False])
async def test_a_query_is_cancelled_at_the_server_when_its_caller_leaves(
    server: Postgres, pool: Pool, plain: bool
) -> None:
    """Its turn and its connection are free for the next, long before its time is up."""
    queries = UnservedQueries(pool, most=1, budget=LONG, timeout=LONG)
    before = await session(pool)
    leaving = asyncio.create_task((queries.fetch_in_turn if plain else queries.fetch)(ENDLESS))
    await until(lambda: server.execute(RUNNING).strip() == "1")
    leaving.cancel()
    with suppress(asyncio.CancelledError):
        await leaving

    assert [(1,)] == [tuple(row) for row in await queries.fetch(AT_ONCE) or ()]
    assert before == await session(pool)
    assert "0" == server.execute(RUNNING).strip()


async def test_a_query_is_answered_by_one_process(server: Postgres) -> None:
    """However much the server would like to share the work among its parallel workers."""
    server.execute(
        "DROP TABLE IF EXISTS shared_work; CREATE TABLE shared_work AS SELECT generate_series(1, 1000);"
        "GRANT SELECT ON shared_work TO PUBLIC"
    )
    costless = {"min_parallel_table_scan_size": 0, "parallel_setup_cost": 0, "parallel_tuple_cost": 0}
    eager = "&".join(f"{name}={value}" for name, value in costless.items())
    async with pool_on(f"{server.url}?{eager}") as pool:
        query = "EXPLAIN SELECT count(*) FROM shared_work"

        async def planned(connection: Connection, seconds: float) -> str:
            await connection.execute("SET enable_seqscan = on", timeout=seconds)
            return str(await connection.fetch(query, timeout=seconds))

        assert "Gather" in await pool.run(planned)
        queries = UnservedQueries(pool, most=1, budget=LONG, timeout=LONG)
        assert "Gather" not in str(await queries.fetch(BoundStatement(query, ())))


async def test_a_pooler_passes_a_cancellation_on(server: Postgres) -> None:
    """To the session that the transaction was given."""
    async with pool_on(shared.pooler().url) as pool:
        queries = UnservedQueries(pool, most=1, budget=LONG, timeout=LONG)
        leaving = asyncio.create_task(queries.fetch(ENDLESS))
        await until(lambda: server.execute(RUNNING).strip() == "1")
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        await until(lambda: server.execute(RUNNING).strip() == "0")
        assert [(1,)] == [tuple(row) for row in await queries.fetch(AT_ONCE) or ()]


async def test_a_query_whose_caller_left_before_it_had_a_connection_is_not_begun(
    server: Postgres, pool: Pool
) -> None:
    """The one connection is another's; when it is back, there is nothing to do."""
    queries = UnservedQueries(pool, most=1, budget=LONG, timeout=LONG)
    returned = asyncio.Event()

    async def hold(_: Connection, __: float) -> None:
        await returned.wait()

    holding = asyncio.create_task(pool.run(hold))
    leaving = asyncio.create_task(queries.fetch(ENDLESS))
    await asyncio.sleep(0)
    leaving.cancel()
    with suppress(asyncio.CancelledError):
        await leaving
    returned.set()
    await holding

    assert [(1,)] == [tuple(row) for row in await queries.fetch(AT_ONCE) or ()]
    assert "0" == server.execute(RUNNING).strip()


async def test_what_no_index_serves_ends_with_its_budget(pool: Pool) -> None:
    """There are no rows then, and the connection is kept."""
    queries = UnservedQueries(pool, most=1, budget=0.05, timeout=LONG)
    before = await session(pool)
    assert None is await queries.fetch(ENDLESS)
    assert before == await session(pool)


async def test_a_plain_list_has_the_time_of_every_statement(server: Postgres, pool: Pool) -> None:
    """It is no query that costs too much when that is over: the database did not answer in time."""
    queries = UnservedQueries(pool, most=1, budget=0.01, timeout=0.3)
    assert 1 == (await queries.fetch_in_turn(BoundStatement("SELECT 1, pg_sleep(0.1)", ())))[0][0]
    with pytest.raises(StoreUnavailable, match="took too long"):
        await queries.fetch_in_turn(ENDLESS)
    await until(lambda: server.execute(RUNNING).strip() == "0")


@pytest.mark.parametrize("plain", [True, False])
async def test_a_query_that_has_no_turn_in_time_says_so(pool: Pool, plain: bool) -> None:
    """Each waits as long as it may run, here for one of the other sort."""
    queries = UnservedQueries(pool, most=1, budget=LONG if plain else 0.05, timeout=0.05 if plain else LONG)
    fetch, other = queries.fetch, queries.fetch_in_turn
    running = asyncio.create_task((fetch if plain else other)(ENDLESS))
    await asyncio.sleep(0)
    with pytest.raises(QueriesWaiting):
        await (other if plain else fetch)(AT_ONCE)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
