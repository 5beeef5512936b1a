"""The stores that must pass this suite: how each is made, how it fails, and what it is excused from."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

from estuary.core.ports import Store
from estuary.core.resource import Resource
from estuary.redis.address import RedisAddress
from estuary.stores.cache.local_cache import LocalCaches
from estuary.stores.cache.stamps import Stamps, unshared
from estuary.stores.cached import CachedStore
from estuary.stores.memory import MemoryStore
from estuary.stores.observed import ObservedStore
from tests.contract.convex import failing, make_convex
from tests.contract.making import READS
from tests.contract.postgres import demoted, hung, make_pooled, make_postgres, stopped
from tests.support.process import HOST
from tests.support.servers import shared

StoreFactory = Callable[[Path, Sequence[Resource], float], Store]
"""Makes a store in a folder; the last argument is how many seconds it may take to answer or give up, also
where no index serves what is asked: on a busy machine that takes its time."""


class Outage(NamedTuple):
    """A way in which a store's engine can fail while the store is open.

    `during` makes it fail until it is left. Every operation (and `ping`) must then be
    `StoreUnavailable`, save those in `survivors`, which must answer as if nothing were wrong. Where
    writes `may_follow`, the engine may yet make one whose caller was told so: it had been handed over.
    One that is `noticed_later` is noticed within a moment, and so is its end: the store looks again and
    again, not at every read.
    """

    name: str
    during: Callable[[Path], AbstractAsyncContextManager[None]]
    survivors: frozenset[str] = frozenset()
    may_follow: bool = False
    noticed_later: bool = False


class StoreKind(NamedTuple):
    """A store under test. One that lacks any of it says why in `exemptions`."""

    name: str
    make: StoreFactory
    durable: bool
    outages: tuple[Outage, ...]
    exemptions: tuple[str, ...] = ()
    copied: bool = False
    """Whether it can be copied from: it is a `Source`."""
    dumps_one_moment: bool = True
    slow: int = 1
    """So many times fewer records it is given where a test wants very many."""


def _memory(_folder: Path, resources: Sequence[Resource], _timeout: float) -> Store:
    return MemoryStore(resources)


def _observed_memory(_folder: Path, resources: Sequence[Resource], _timeout: float) -> Store:
    return ObservedStore(MemoryStore(resources), lambda _: None, monotonic)


def _sqlite(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
    from estuary.stores.sqlite import SqliteStore

    return SqliteStore(folder / "estuary.db", resources, timeout=timeout, query_budget=timeout)


def _cached(make: StoreFactory) -> StoreFactory:
    """The store that `make` makes, with a cache so small that records are pushed out of it."""

    def cached(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
        stamps = Stamps(unshared())
        caches = LocalCaches(50, 30.0, monotonic=monotonic, stamps=stamps)
        return CachedStore(make(folder, resources, timeout), caches, lambda _: None)

    return cached


def _cached_in_redis(make: StoreFactory) -> StoreFactory:
    """The store that `make` makes, with a cache in a Redis, under names that no other store has."""

    def cached(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
        from estuary.stores.cache.redis_cache import RedisCaches

        caches = RedisCaches(
            RedisAddress(host=HOST, port=shared.redis().port),
            f"{uuid4()}:",
            ttl=30.0,
            lease=timeout,
            monotonic=monotonic,
            distrusted_until=memoryview(bytearray(8)).cast("d"),
            observe=lambda _: None,
        )
        return CachedStore(make(folder, resources, timeout), caches, lambda _: None)

    return cached


@asynccontextmanager
async def _locked(folder: Path) -> AsyncIterator[None]:
    """Another process holds SQLite's write lock."""
    connection = sqlite3.connect(folder / "estuary.db", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@asynccontextmanager
async def _moved_away(folder: Path) -> AsyncIterator[None]:
    """The database file has no name any more."""
    path, elsewhere = folder / "estuary.db", folder / "elsewhere.db"
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)


_IN_PROCESS = (
    "not durable: it is this process's memory",
    "no outage: there is no engine that could fail apart from this process",
)

_SQLITE = StoreKind(
    "sqlite",
    _sqlite,
    durable=True,
    outages=(
        Outage("locked", _locked, survivors=frozenset({*READS, "ping"})),
        Outage("moved-away", _moved_away, noticed_later=True),
    ),
    exemptions=(
        "reads survive another program's lock: they wait for no writer",
        "a read may be answered from a file without a name until the next look, a tenth of a second later",
    ),
)

STORES = (
    StoreKind("memory", _memory, durable=False, outages=(), exemptions=_IN_PROCESS),
    StoreKind("observed-memory", _observed_memory, durable=False, outages=(), exemptions=_IN_PROCESS),
    StoreKind("cached+memory", _cached(_memory), durable=False, outages=(), exemptions=_IN_PROCESS),
    StoreKind(
        "redis-cached+memory", _cached_in_redis(_memory), durable=False, outages=(), exemptions=_IN_PROCESS
    ),
    _SQLITE._replace(copied=True),
    _SQLITE._replace(name="cached+sqlite", make=_cached(_sqlite)),
    StoreKind(
        "postgres",
        make_postgres,
        durable=True,
        copied=True,
        outages=(
            Outage("stopped", stopped),
            Outage("hung", hung, may_follow=True),
            Outage("demoted", demoted, survivors=frozenset(READS)),
        ),
        exemptions=(
            "reads survive that a server takes no writes",
            "a write that a hung server had received may follow: no client can take it back",
        ),
    ),
    StoreKind(
        "postgres-pooled",
        make_pooled,
        durable=True,
        copied=True,
        outages=(),
        exemptions=("no outage: those of the server are tried without the pooler before it",),
    ),
    StoreKind(
        "convex",
        make_convex,
        durable=True,
        copied=True,
        outages=(
            Outage("refused", failing("refuse")),
            Outage("hung", failing("hang"), may_follow=True),
            Outage("reset", failing("reset")),
        ),
        exemptions=(
            "a write that a hung deployment had received may follow: no client can take it back",
            "dumps page by page: Convex's documented API reads at the present only",
            "indexes have one direction in Convex: none serves an order that mixes directions",
            "a tenth of many records: convex-test runs one function at a time, some 300 a second",
        ),
        dumps_one_moment=False,
        slow=10,
    ),
)

KEEPERS = [
    kind
    for kind in STORES
    if kind.name in {"memory", "redis-cached+memory", "sqlite", "postgres", "convex"}
]
"""Each that keeps values in its own form; the others hand on what one of these keeps."""
