"""The limiters that must pass this suite: how each is made, and how time passes for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from mmap import mmap
from typing import NamedTuple

from estuary.core.ports import RateLimiter
from estuary.limits.local_limiter import LocalRateLimiter
from estuary.limits.locks import Locks
from estuary.limits.postgres import PostgresRateLimiter
from estuary.limits.redis import RedisRateLimiter
from estuary.limits.shared import SharedRateLimiter
from estuary.limits.table import Table
from tests.contract.limiters.addresses import redis_address
from tests.support.monotonic import HandClock
from tests.support.servers.postgres import Postgres
from tests.support.servers.redis import Redis

CLIENTS = 1000


class Place(NamedTuple):
    """Somewhere to count: `limiter` makes one that counts there, `pass_time` lets seconds go by."""

    limiter: Callable[[int, float], RateLimiter]
    pass_time: Callable[[float], Awaitable[None]]


class Servers(NamedTuple):
    """What limiters count in."""

    redis: Redis
    postgres: Postgres


class LimiterKind(NamedTuple):
    """A limiter under test. `length` is how long its windows are here: as short as its clock allows.

    `replicas` says that limiters of one place count together, `by_hand` that the tests move their clock.
    """

    name: str
    place: Callable[[Servers], AbstractAsyncContextManager[Place]]
    length: float
    replicas: bool = True
    by_hand: bool = False


@asynccontextmanager
async def _local(_: Servers) -> AsyncIterator[Place]:
    clock = HandClock()
    yield Place(lambda limit, window: LocalRateLimiter(limit, window, CLIENTS, clock), _moving(clock))


@asynccontextmanager
async def _shared(_: Servers) -> AsyncIterator[Place]:
    clock, locks = HandClock(), Locks()
    table = Table(mmap(-1, Table.size(CLIENTS)), CLIENTS, b"k" * 16)
    yield Place(lambda limit, window: SharedRateLimiter(limit, window, table, locks, clock), _moving(clock))


@asynccontextmanager
async def _redis(servers: Servers) -> AsyncIterator[Place]:
    address = redis_address(servers.redis)
    yield Place(
        lambda limit, window: RedisRateLimiter(limit, window, address, "test:", lambda _: None),
        asyncio.sleep,
    )


@asynccontextmanager
async def _postgres(servers: Servers) -> AsyncIterator[Place]:
    url = servers.postgres.url
    yield Place(
        lambda limit, window: PostgresRateLimiter(limit, window, url, lambda _: None), asyncio.sleep
    )


def _moving(clock: HandClock) -> Callable[[float], Awaitable[None]]:
    async def pass_time(seconds: float) -> None:
        clock.time += seconds

    return pass_time


LIMITERS = (
    LimiterKind("local", _local, 64.0, replicas=False, by_hand=True),
    LimiterKind("shared", _shared, 64.0, by_hand=True),
    LimiterKind("redis", _redis, 0.4),
    LimiterKind("postgres", _postgres, 0.8),
)
