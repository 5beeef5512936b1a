"""The rate limit of a real service: what forged addresses cost, and that it is one over all replicas."""

import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.support.fleet import fleet
from tests.support.flood import FORGING, address, flood
from tests.support.http import Answer, Connection, get
from tests.support.load import Ask, load_on, reading
from tests.support.process import Server, serving, until
from tests.support.servers import shared
from tests.support.servers.redis import Redis, redis_server
from tests.support.servers.relay import Relay, relay_to

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
ADDRESSES, ADDRESSES_IN_REDIS = (1_000_000, 100_000) if SOAK else (20_000, 20_000)
GROWTH_MIB = 32
OUTAGE_SECONDS = 10.0 if SOAK else 0.0
AWAY, BACK = "rate limit store unavailable", "rate limit counted in its store again"
PATH = "/api/v1/nothing"
LIMITED = {**FORGING, "RATE_LIMIT_ENABLED": "true", "LOG_FILTER": "estuary=info,estuary::access=off"}
TWO_WORKERS = {"DATABASE_TYPE": "sqlite", "WORKERS": "2"}


def resident(server: Server) -> float:
    """What all processes of the service hold in memory, in MiB; pages that they share count once."""
    parent = psutil.Process(server.pid)
    held = (each.memory_full_info().pss for each in (parent, *parent.children(recursive=True)))
    return float(sum(held)) / 2**20


def remaining(server: Server, number: int) -> int:
    """What is left to a client after a request of its."""
    forged = f"X-Forwarded-For: {address(number)}"
    with Connection(server) as connection:
        connection.send(f"GET {PATH} HTTP/1.1\r\nHost: estuary.test\r\n{forged}\r\n\r\n".encode())
        return int(connection.receive().headers["x-ratelimit-remaining"])


@pytest.mark.parametrize("more", [{}, TWO_WORKERS], ids=["local", "shared"])
def test_forged_addresses_do_not_fill_the_memory(tmp_path: Path, more: dict[str, str]) -> None:
    """Every request is answered, who was known before keeps its own allowance, and memory is bounded."""
    with serving(tmp_path, {**LIMITED, **more, "RATE_LIMIT_WINDOW_SECONDS": "3600"}) as server:
        flood(server, PATH, range(1, 5_001))
        before, left = resident(server), remaining(server, 0)
        statuses = flood(server, PATH, range(10_000, 10_000 + ADDRESSES))
        grown = resident(server) - before
        assert {404, 429} >= set(statuses)
        assert ADDRESSES == statuses.total()
        assert left - 1 == remaining(server, 0)
        assert grown <= GROWTH_MIB
        assert 0 == server.stop()


@pytest.mark.long
def test_forged_addresses_leave_nothing_in_redis(tmp_path: Path) -> None:
    """Each has its own key, which is gone one window after it was last counted."""
    with (
        redis_server() as redis,
        serving(tmp_path, {**LIMITED, "REDIS_URL": redis.url, "RATE_LIMIT_WINDOW_SECONDS": "5"}) as server,
    ):
        flood(server, PATH, range(1, 5_001))
        before = resident(server)
        statuses = flood(server, PATH, range(10_000, 10_000 + ADDRESSES_IN_REDIS))
        assert {404: ADDRESSES_IN_REDIS} == statuses
        assert ":0\r\n" not in redis.say("DBSIZE")
        assert resident(server) - before <= GROWTH_MIB
        until(lambda: ":0\r\n" in redis.say("DBSIZE"))
        assert 0 == server.stop()


class Site(NamedTuple):
    """Redis, and what stands before it."""

    redis: Redis
    relay: Relay


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    """Redis is away."""
    site.redis.stop()
    try:
        yield
    finally:
        site.redis.start()


def hung(site: Site) -> AbstractContextManager[None]:
    """Redis answers nothing."""
    return site.redis.frozen()


def reset(site: Site) -> AbstractContextManager[None]:
    """The network breaks off every connection."""
    return site.relay.resetting()


@pytest.mark.parametrize(
    ("outage", "policy", "meanwhile"),
    [
        (stopped, "local", 404),
        (hung, "local", 404),
        (reset, "local", 404),
        (stopped, "allow", 404),
        (hung, "deny", 503),
    ],
)
def test_while_redis_is_away_the_policy_holds(
    tmp_path: Path, outage: Callable[[Site], AbstractContextManager[None]], policy: str, meanwhile: int
) -> None:
    """Under load: every request is answered, the service stays ready, and Redis counts again by itself."""
    variables = {**LIMITED, "RATE_LIMIT_MAX_REQUESTS": "1000000", "RATE_LIMIT_ON_OUTAGE": policy}
    with redis_server() as redis, relay_to(redis.port) as relay:
        url = redis.url.replace(f":{redis.port}/", f":{relay.port}/")
        with serving(tmp_path, {**variables, "REDIS_URL": url}) as server:
            with load_on(server, reading(PATH), 8) as load:
                until(lambda: load.answered > 50)
                with outage(Site(redis, relay)):
                    server.record(AWAY)
                    begun, before = time.monotonic(), load.answered
                    until(lambda: time.monotonic() - begun > OUTAGE_SECONDS and load.answered > before + 50)
                    assert 200 == get(server, "/health/ready").status
                server.record(BACK)
                before = load.answered
                until(lambda: load.answered > before + 50)
            assert load.statuses[meanwhile] > 50
            assert 0 == load.unanswered
            assert {404, meanwhile} >= set(load.statuses)
            assert 0 == server.stop()


LIMIT, WINDOW, WINDOWS = 600, 2, 6 if SOAK else 3
CLIENTS = 64


class Admitted(NamedTuple):
    """When a request that passed was sent, and when its answer was there: it was counted in between."""

    sent: float
    answered: float


@contextmanager
def counted_in_redis() -> Iterator[dict[str, str]]:
    """What has replicas count in one Redis."""
    with redis_server() as redis:
        yield {"REDIS_URL": redis.url}


@contextmanager
def counted_in_postgres() -> Iterator[dict[str, str]]:
    """What has replicas count in the PostgreSQL that keeps their records."""
    server = shared.postgres()
    server.empty()
    try:
        yield {"DATABASE_URL": server.url, "RATE_LIMIT_STORE": "postgres"}
    finally:
        server.end_sessions()


@pytest.mark.parametrize("counted", [counted_in_redis, counted_in_postgres], ids=["redis", "postgres"])
def test_replicas_let_as_much_pass_as_one(
    tmp_path: Path, counted: Callable[[], AbstractContextManager[dict[str, str]]]
) -> None:
    """Three, asked by 64 as one client: never more than the limit in a window, and at least 0.95 of it."""
    passed: list[Admitted] = []
    with (
        counted() as variables,
        fleet(tmp_path, {**LIMITED, **variables, **_limit()}) as replicas,
        ExitStack() as loads,
    ):
        begun = time.monotonic()
        for replica in replicas.replicas:
            loads.enter_context(load_on(replica, asking(passed), CLIENTS // 3 + 1))
        until(lambda: time.monotonic() - begun > WINDOW * WINDOWS)
        ended = time.monotonic()
    passed.sort()
    in_time = sum(each.answered <= ended for each in passed)
    assert most_in_a_window(passed) <= LIMIT
    assert in_time >= 0.95 * LIMIT * WINDOWS


def _limit() -> dict[str, str]:
    return {"RATE_LIMIT_MAX_REQUESTS": str(LIMIT), "RATE_LIMIT_WINDOW_SECONDS": str(WINDOW)}


def asking(passed: list[Admitted]) -> Ask:
    """Asks over and over as one client, and takes note of what passed."""
    head = f"GET {PATH} HTTP/1.1\r\nHost: estuary.test\r\nX-Forwarded-For: {address(1)}\r\n\r\n".encode()

    def ask(connection: Connection) -> Answer:
        sent = time.monotonic()
        connection.send(head)
        answer = connection.receive()
        if answer.status != 429:
            passed.append(Admitted(sent, time.monotonic()))
        return answer

    return ask


def most_in_a_window(passed: list[Admitted]) -> int:
    """How many at the most were surely counted within one window; `passed` is in the order of sending."""
    answered = sorted(each.answered for each in passed)
    # Of those that were answered before a window ends, those that were sent before it began may be earlier.
    return max(bisect_left(answered, each.sent + WINDOW) - number for number, each in enumerate(passed))
