"""PostgreSQL for the suite: one server for all tests, emptied for each, and how it can fail."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from estuary.core.ports import Store
from estuary.core.resource import Resource
from tests.support.servers import shared

_last_folder: list[Path] = []
"""Whose records are in the database now."""


def make_postgres(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
    """A store on a database that is empty when a folder is first seen."""
    from estuary.stores.postgres import PostgresStore

    server = shared.postgres()
    if _last_folder != [folder]:
        server.empty_tables()
        _last_folder[:] = [folder]
    return PostgresStore(server.url, resources, timeout=timeout, query_budget=timeout)


def make_pooled(folder: Path, resources: Sequence[Resource], timeout: float) -> Store:
    """The same through a pooler, which gives each transaction another session."""
    from estuary.stores.postgres import PostgresStore

    make_postgres(folder, resources, timeout)
    return PostgresStore(shared.pooler().url, resources, timeout=timeout, query_budget=timeout)


@asynccontextmanager
async def stopped(_folder: Path) -> AsyncIterator[None]:
    """The server is stopped: its port is closed."""
    server = shared.postgres()
    server.stop()
    try:
        yield
    finally:
        server.start()


@asynccontextmanager
async def hung(_folder: Path) -> AsyncIterator[None]:
    """The server takes connections, and never says a word."""
    with shared.postgres().frozen():
        yield


@asynccontextmanager
async def demoted(_folder: Path) -> AsyncIterator[None]:
    """The server takes no writes, as one that lost its place to another."""
    server = shared.postgres()
    server.set("default_transaction_read_only", "on")
    try:
        yield
    finally:
        server.set("default_transaction_read_only", "off")
