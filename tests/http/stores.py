"""The variables of a service on each store, under the names that the contract suite gives the stores."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from estuary.app import load_resources
from tests.support.servers import shared
from tests.support.servers.convex import convex_host

Variables = dict[str, str]


def _memory(_folder: Path) -> Variables:
    return {"DATABASE_TYPE": "memory"}


def _sqlite(folder: Path) -> Variables:
    return {"DATABASE_URL": f"sqlite:///{folder}/estuary.db"}


def _postgres(_folder: Path) -> Variables:
    server = shared.postgres()
    server.empty_tables()
    return {"DATABASE_URL": server.url}


def _pooled(folder: Path) -> Variables:
    return {**_postgres(folder), "DATABASE_URL": shared.pooler().url}


def _convex(folder: Path) -> Variables:
    return shared.convex().deployment(folder).variables


def _cached(variables: Callable[[Path], Variables]) -> Callable[[Path], Variables]:
    return lambda folder: {**variables(folder), "CACHE_TYPE": "local"}


def _redis_cached(folder: Path) -> Variables:
    return {**_sqlite(folder), "CACHE_TYPE": "redis", "REDIS_URL": shared.redis().url}


VARIABLES: dict[str, Callable[[Path], Variables]] = {
    "memory": _memory,
    "observed-memory": _memory,  # every service observes its store
    "cached+memory": _cached(_memory),
    "redis-cached+memory": _redis_cached,  # on a file, for in memory a shared cache is refused
    "sqlite": _sqlite,
    "cached+sqlite": _cached(_sqlite),
    "postgres": _postgres,
    "postgres-pooled": _pooled,
    "convex": _convex,
}
"""Made for each test; the store is empty."""

before_any_store = pytest.mark.parametrize("store_variables", ["memory"], indirect=True)
"""For a test of what is refused before a store is asked: it runs on memory alone."""


@asynccontextmanager
async def stored(kind: str, folder: Path, references: Sequence[str]) -> AsyncIterator[Variables]:
    """The variables of a store for these resources: Convex is deployed for them, the others take any."""
    if kind != "convex":
        yield VARIABLES[kind](folder)
        return
    with convex_host(load_resources(references)) as host:
        yield host.deployment(folder).variables
