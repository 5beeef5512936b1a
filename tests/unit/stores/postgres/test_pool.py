"""The pool lends a connection to one call at a time, bounded in number and time, and keeps no bad one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from estuary.core.errors import StoreQueryFailed, StoreUnavailable
from estuary.core.observations import ConnectionsChanged
from estuary.stores.postgres.pool import Pool
from tests.support.fake_postgres import TIMEOUT, FakeConnector, server_error
from tests.support.waiting import until

SIZE = 3


@pytest.fixture
def connector() -> FakeConnector:
    """Where connections come from."""
    return FakeConnector()


@pytest.fixture
def seen() -> list[int]:
    """How many connections the pool said to have, each time that changed."""
    return []


@pytest.fixture
async def pool(connector: FakeConnector, seen: list[int]) -> AsyncIterator[Pool]:
    """A pool of three."""

    def observe(observation: object) -> None:
        assert isinstance(observation, ConnectionsChanged)
        seen.append(observation.active)

    made = Pool(connector, size=SIZE, timeout=TIMEOUT, observe=observe)
    yield made
    await made.close()


async def lend(connection: Any, _: float) -> Any:
    """Work that takes no time: the connection itself."""
    return connection


def raising(error: BaseException) -> Callable[[Any, float], Any]:
    """Work that fails."""

    async def work(_: Any, __: float) -> None:
        raise error

    return work


async def forever(_: Any, __: float) -> None:
    """Work that never ends."""
    await asyncio.Event().wait()


async def test_a_quiet_service_needs_one_connection(pool: Pool, connector: FakeConnector) -> None:
    """It is made when it is first needed, and lent again and again."""
    assert 0 == len(connector.made)
    lent = {id(await pool.run(lend)) for _ in range(10)}
    assert (1, 1) == (len(lent), len(connector.made))


async def test_there_are_never_more_than_allowed(pool: Pool, connector: FakeConnector) -> None:
    """A burst is served by so many, each by one call at a time, and all of it is served."""
    busy: set[int] = set()

    async def work(connection: Any, _: float) -> None:
        assert id(connection) not in busy
        busy.add(id(connection))
        await asyncio.sleep(0)
        busy.discard(id(connection))

    await asyncio.gather(*(pool.run(work) for _ in range(200)))
    assert SIZE == len(connector.made)


async def test_the_wait_for_a_connection_is_bounded(pool: Pool, connector: FakeConnector) -> None:
    """A caller that times out gets `StoreUnavailable`; those who hold connections are not disturbed."""
    holding = [asyncio.create_task(pool.run(forever)) for _ in range(SIZE)]
    await until(lambda: len(connector.made) == SIZE)
    with pytest.raises(StoreUnavailable, match="no connection was free in time"):
        async with asyncio.timeout(10):
            await pool.run(lend)
    assert not any(task.done() for task in holding)
    for task in holding:
        task.cancel()


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (server_error("23505"), True),
        (LookupError("an answer"), True),
        (server_error("57P01"), False),
        (server_error("25006"), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
        (asyncio.CancelledError(), False),
    ],
    ids=lambda case: type(case).__name__,
)
async def test_only_a_connection_in_a_known_state_is_kept(
    pool: Pool, error: BaseException, kept: bool
) -> None:
    """One that the server answered on is lent again; any other is let go of, and the next one is new."""
    first = await pool.run(lend)
    with pytest.raises((StoreUnavailable, StoreQueryFailed, LookupError, asyncio.CancelledError)):
        await pool.run(raising(error))
    assert kept == (not first.is_closed())
    assert kept == (first is await pool.run(lend))


async def test_a_connection_left_in_a_transaction_is_not_lent_again(pool: Pool) -> None:
    """Whatever went wrong, no other caller may continue it."""

    async def work(connection: Any, _: float) -> None:
        connection.in_transaction = True
        raise LookupError

    with pytest.raises(LookupError):
        await pool.run(work)
    assert not (await pool.run(lend)).in_transaction


async def test_what_befell_one_connection_has_befallen_those_that_rest(pool: Pool) -> None:
    """After a restart of the server the first failure is the last."""
    held = asyncio.Event()

    async def hold(_: Any, __: float) -> None:
        await held.wait()

    holding = [asyncio.create_task(pool.run(hold)) for _ in range(2)]
    await asyncio.sleep(0.01)
    last = await pool.run(lend)
    held.set()
    await asyncio.gather(*holding)
    with pytest.raises(StoreUnavailable):
        await pool.run(raising(ConnectionResetError()))
    assert last is not await pool.run(lend)


async def test_who_waits_is_told_at_once_when_nothing_can_be_reached(
    pool: Pool, connector: FakeConnector
) -> None:
    """With the driver's own reason, and without waiting for the timeout; later calls try again."""
    connector.refuses = True
    outcomes = await asyncio.gather(*(pool.run(lend) for _ in range(50)), return_exceptions=True)
    assert {"no server listens"} == {str(outcome) for outcome in outcomes}
    connector.refuses = False
    await pool.run(lend)


@pytest.mark.parametrize("room", [1, 2])
async def test_connections_that_crowd_each_other_out_are_no_outage(
    pool: Pool, connector: FakeConnector, room: int
) -> None:
    """Where the server has room for fewer than were begun at once, it may turn all of them away."""
    connector.room = room
    await asyncio.gather(*(pool.run(lend) for _ in range(50)))
    assert 1 <= len(connector.made) <= room


async def test_a_server_without_any_room_is_an_outage(pool: Pool, connector: FakeConnector) -> None:
    """Told with the reason, and not only when the time is up; who comes when there is room is served."""
    connector.room = 0
    outcomes = await asyncio.gather(*(pool.run(lend) for _ in range(50)), return_exceptions=True)
    assert {"no room"} == {str(outcome) for outcome in outcomes}
    connector.room = 1
    await pool.run(lend)


async def test_who_gives_up_keeps_nothing(pool: Pool, connector: FakeConnector) -> None:
    """A caller that is cancelled while it waits takes no connection with it."""
    for _ in range(20):
        tasks = [asyncio.create_task(pool.run(lend)) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(pool.run(lend) for _ in range(10)))
    assert SIZE >= sum(not connection.closed for connection in connector.made) >= 1


async def test_a_closed_pool_lends_nothing(pool: Pool, seen: list[int]) -> None:
    """What was lent is finished first, what waits is told, and no connection is left."""
    release = asyncio.Event()

    async def work(_: Any, __: float) -> str:
        await release.wait()
        return "finished"

    lent = [asyncio.create_task(pool.run(work)) for _ in range(SIZE)]
    waiting = asyncio.create_task(pool.run(lend))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(pool.close())
    with pytest.raises(StoreUnavailable):
        await waiting
    release.set()
    assert ["finished"] * SIZE == await asyncio.gather(*lent)
    await closing
    with pytest.raises(StoreUnavailable):
        await pool.run(lend)
    await until(lambda: seen[-1] == 0)
