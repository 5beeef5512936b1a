"""Convex's failures, injected: the right error in bounded time, and no write made twice or lost."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import pytest

from estuary.core.errors import (
    EstuaryError,
    NotFound,
    StoreQueryFailed,
    StoreRefused,
    StoreUnavailable,
    VersionConflict,
)
from estuary.core.items import ITEMS
from estuary.core.observations import ConnectionsChanged, Observation
from estuary.core.record import Written
from estuary.core.writes.writes import IdempotencyKey, WriteOptions
from estuary.stores.convex.backoff import ATTEMPTS
from estuary.stores.convex.store import ConvexStore
from estuary.stores.convex.transport import MAX_ANSWER_BYTES
from tests.contract.making import LATER, TIMEOUT, Operation, expecting, make_id, make_record
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.servers.convex import DEPLOY_KEY, Deployment

Answer = TypeVar("Answer")

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html"}
BUSY = [429, {**JSON, "retry-after": "0"}, '{"code":"TooManyRequests","message":"Slow down"}']
CONFLICT = [503, JSON, '{"code":"OptimisticConcurrencyControlFailure","message":"Data changed"}']
BROKEN = [500, JSON, '{"code":"InternalServerError","message":"Your request couldn\'t be completed"}']
HALF = [200, JSON, '{"status":"success","value":null}', True]
BAD_GATEWAY = [502, HTML, "<html>502 Bad Gateway</html>"]

TRANSIENT = {
    "429": BUSY,
    "503": CONFLICT,
    "500": BROKEN,
    "half an answer": HALF,
    "a proxy's page": BAD_GATEWAY,
}
FINAL: dict[str, tuple[list[Any], type[EstuaryError]]] = {
    "a page with status 200": ([200, HTML, "<html>Welcome to the hotel</html>"], StoreRefused),
    "a redirect": ([301, {"location": "http://127.0.0.1:1/"}, ""], StoreRefused),
    "a refused key": ([401, JSON, '{"code":"BadDeployKey","message":"no"}'], StoreRefused),
    "no server": ([404, HTML, "not found"], StoreRefused),
    "a refused request": ([400, JSON, '{"code":"BadJsonBody","message":"no"}'], StoreQueryFailed),
    "a paused deployment": (
        [
            200,
            JSON,
            '{"status":"error","errorMessage":"Cannot run functions while this deployment is paused."}',
        ],
        StoreUnavailable,
    ),
    "a defect in a function": (
        [200, JSON, '{"status":"error","errorMessage":"[Request ID: 1] Server Error"}'],
        StoreQueryFailed,
    ),
    "a list": ([200, JSON, "[]"], StoreRefused),
    "an unknown status": ([200, JSON, '{"status":"odd"}'], StoreRefused),
    "no value": ([200, JSON, '{"status":"success"}'], StoreQueryFailed),
    "another value": ([200, JSON, '{"status":"success","value":{"id":1.0}}'], StoreQueryFailed),
    "an unknown code": (
        [200, JSON, '{"status":"error","errorMessage":"","errorData":{"code":"Odd"}}'],
        StoreQueryFailed,
    ),
}

OPERATIONS: dict[str, Operation] = {
    "get": lambda items: items.get(make_id(1)),
    "slice": lambda items: items.slice(0, 10),
    "count": lambda items: items.count(),
    "insert": lambda items: items.insert(make_record(2)),
    "update": lambda items: items.update(make_id(1), {"name": "changed"}, LATER),
}
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())


async def soon(call: Awaitable[Answer]) -> Answer:
    """What `call` gives, within the time that any call may take."""
    async with asyncio.timeout(TIMEOUT):
        return await call


@pytest.fixture
async def one(items: Collection, deployment: Deployment) -> Collection:
    """The items with the record 1."""
    await items.insert(make_record(1))
    deployment.seen()
    return items


@every_operation
@pytest.mark.parametrize("answer", TRANSIENT.values(), ids=TRANSIENT.keys())
async def test_what_passes_is_waited_out(
    one: Collection, deployment: Deployment, answer: list[Any], operation: Operation
) -> None:
    """Two failures and a success are a success, for reads as for writes."""
    with deployment.failing({"answers": [answer, answer]}):
        await soon(operation(one))
        assert 3 == len(deployment.seen())


@every_operation
@pytest.mark.parametrize("answer", TRANSIENT.values(), ids=TRANSIENT.keys())
async def test_what_does_not_pass_is_an_outage(
    one: Collection, deployment: Deployment, answer: list[Any], operation: Operation
) -> None:
    """After a few attempts the store is unavailable, and says so."""
    with deployment.failing({"answers": [answer] * ATTEMPTS}):
        with pytest.raises(StoreUnavailable):
            await soon(operation(one))
        assert ATTEMPTS == len(deployment.seen())
    assert make_record(1) == await one.get(make_id(1))


@every_operation
@pytest.mark.parametrize(("answer", "error"), FINAL.values(), ids=FINAL.keys())
async def test_what_would_come_again_is_told_at_once(
    one: Collection,
    deployment: Deployment,
    answer: list[Any],
    error: type[EstuaryError],
    operation: Operation,
) -> None:
    """One attempt, and the error that it stands for."""
    with deployment.failing({"answers": [answer]}):
        with pytest.raises(EstuaryError) as raised:
            await soon(operation(one))
        assert (error, 1) == (type(raised.value), len(deployment.seen()))


@pytest.mark.parametrize("when", ["3600", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_there_is_no_waiting_beyond_the_deadline(
    one: Collection, deployment: Deployment, when: str
) -> None:
    """A server that wants to be left alone for an hour is: the caller is told now."""
    with deployment.failing({"answers": [[429, {"retry-after": when}, ""]]}):
        with pytest.raises(StoreUnavailable):
            await soon(one.count())
        assert 1 == len(deployment.seen())


async def test_a_server_that_asks_for_time_gets_it(one: Collection, deployment: Deployment) -> None:
    """Within the deadline the request is sent again, not before the time is over."""
    loop = asyncio.get_running_loop()
    with deployment.failing({"answers": [[503, {"retry-after": "1"}, ""]]}):
        started = loop.time()
        assert 1 == await soon(one.count())
        assert started + 1 <= loop.time()


async def test_an_endless_answer_is_not_read_to_its_end(one: Collection, deployment: Deployment) -> None:
    """What no function of ours can give is refused, and the memory it would take is not."""
    endless = [200, JSON, '"' + "x" * MAX_ANSWER_BYTES + '"']
    with deployment.failing({"answers": [endless]}), pytest.raises(StoreQueryFailed):
        await soon(one.count())
    assert 1 == await one.count()


@pytest.mark.parametrize("how", ["refuse", "hang", "reset"])
async def test_a_start_without_convex_says_so(deployment: Deployment, how: str) -> None:
    """`open` is unavailable in bounded time, and the store stays closed."""
    store = ConvexStore(deployment.url, [], deploy_key=DEPLOY_KEY, timeout=0.5)
    with deployment.failing(how), pytest.raises(StoreUnavailable):
        await soon(store.open())
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.ping()
    await store.open()
    await store.ping()
    await store.close()


async def test_a_probe_calls_no_function(store: ConvexStore, deployment: Deployment) -> None:
    """Health is asked for every few seconds; only the server's version is."""
    await store.ping()
    assert ["/version"] == [request["url"] for request in deployment.seen()]


async def test_connections_in_use_are_told(deployment: Deployment) -> None:
    """One for each call, and none when all have ended."""
    reported: list[Observation] = []
    store = ConvexStore(deployment.url, [ITEMS], deploy_key=DEPLOY_KEY, observe=reported.append)
    await store.open()
    reported.clear()
    await asyncio.gather(*(awaited(store.collection(ITEMS)).count() for _ in range(3)))
    await store.close()
    assert [1, 2, 3, 2, 1, 0] == [each.active for each in reported if isinstance(each, ConnectionsChanged)]


@pytest.mark.parametrize("lost", range(1, ATTEMPTS))
class TestLostAnswer:
    """A write was made and its answer lost: it is sent again, and takes effect once."""

    async def test_of_an_insert(self, items: Collection, deployment: Deployment, lost: int) -> None:
        """The record is there once, and the caller has what it asked for."""
        with deployment.failing({"lost": lost}):
            assert Written(make_record(1)) == await soon(items.insert(make_record(1)))
        assert (1, [make_record(1)]) == (await items.count(), list(await items.page(None, 10)))

    async def test_of_an_update(self, one: Collection, deployment: Deployment, lost: int) -> None:
        """The version grows by one."""
        with deployment.failing({"lost": lost}):
            written = await soon(one.update(make_id(1), {"name": "changed"}, LATER))
        assert written.record == await one.get(make_id(1))
        assert written.record is not None
        assert (2, False) == (written.record.version, written.replayed)

    async def test_of_a_conditional_update(
        self, one: Collection, deployment: Deployment, lost: int
    ) -> None:
        """It is no conflict with itself."""
        with deployment.failing({"lost": lost}):
            await soon(one.update(make_id(1), {"name": "changed"}, LATER, expecting(1)))
        with pytest.raises(VersionConflict):
            await one.update(make_id(1), {"name": "again"}, LATER, expecting(1))

    async def test_of_a_delete(self, one: Collection, deployment: Deployment, lost: int) -> None:
        """It finds what it removed itself."""
        with deployment.failing({"lost": lost}):
            assert Written(None) == await soon(one.delete(make_id(1)))
        with pytest.raises(NotFound):
            await one.delete(make_id(1))
        assert 0 == await one.count()

    async def test_of_a_write_with_a_key(
        self, items: Collection, deployment: Deployment, lost: int
    ) -> None:
        """The client's first request is not told that it was a repeated one; its second is."""
        options = WriteOptions(key=IdempotencyKey("alice", "", "k", "f", START))
        with deployment.failing({"lost": lost}):
            assert Written(make_record(1)) == await soon(items.insert(make_record(1), options))
        assert Written(make_record(1), replayed=True) == await items.insert(make_record(2), options)
        assert 1 == await items.count()


async def test_a_write_whose_answers_were_all_lost_is_there(
    items: Collection, deployment: Deployment
) -> None:
    """Where every answer gets lost, the caller is told of an outage, and the write is there once."""
    with deployment.failing({"lost": ATTEMPTS}), pytest.raises(StoreUnavailable):
        await soon(items.insert(make_record(1)))
    assert (1, make_record(1)) == (await items.count(), await items.get(make_id(1)))
