"""A store in a file of its own, and the hand of another program on that file."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from estuary.core.items import ITEMS
from estuary.stores.sqlite import SqliteStore
from tests.unit.stores.kinds import PARTS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database of a test is."""
    return tmp_path / "data" / "estuary.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    """An open store of two resources."""
    store = SqliteStore(path, [ITEMS, PARTS], timeout=5.0)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def shell(path: Path, store: SqliteStore) -> Iterator[sqlite3.Connection]:  # noqa: ARG001 (it makes the file)
    """Another program's connection to the open store's file."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()
