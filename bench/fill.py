"""Records by the million: every run makes the same ones, so a cursor into them is known beforehand."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.apps.answers import DESCRIPTION, NAME
from estuary.core.items import ITEMS, Item
from estuary.core.moments import to_microseconds
from estuary.core.record import Position, Record
from estuary.http.records.cursors import encode_cursor
from tests.support.collections import Collection

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_MICROSECONDS = to_microseconds(FIRST)
_ID = "019a9f3c-5f00-7c11-9d52-"
INSERT = (
    "INSERT INTO items (id, version, created_at, updated_at, name, description) VALUES (?, ?, ?, ?, ?, ?)"
)


def record(number: int) -> Record:
    """The `number`-th record: a millisecond later than the one before."""
    created_at = FIRST + timedelta(milliseconds=number)
    return Record(_id(number), 1, created_at, created_at, Item(NAME, DESCRIPTION))


def middle(count: int) -> str:
    """The cursor that leads to the second half of `count` records."""
    return encode_cursor(Position(_moment(count // 2), _id(count // 2)), ITEMS.name)


async def fill(collection: Collection, count: int) -> None:
    """Insert the first `count` records through the store."""
    for number in range(count):
        await collection.insert(record(number))


async def fill_file(path: Path, count: int) -> None:
    """A database of the first `count` records.

    The store makes the tables; the rows come in one transaction of the driver's own, for durable writes
    of a million single records would take longer than everything that is measured.
    """
    from estuary.stores.sqlite import SqliteStore

    store = SqliteStore(path, [ITEMS])
    await store.open()
    await store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(INSERT, _rows(count))


def fill_postgres(url: str, execute: Callable[[str], object], count: int) -> None:
    """The same in an empty PostgreSQL database, whose server makes the rows."""
    from estuary.stores.postgres import PostgresStore

    asyncio.run(PostgresStore(url, [ITEMS]).migrate(only_plan=False))
    moment = f"{FIRST_MICROSECONDS} + n * 1000"
    execute(
        "INSERT INTO items (id, version, created_at, updated_at, name, description) "  # noqa: S608 (our own)
        f"SELECT '{_ID}' || lpad(to_hex(n), 12, '0'), 1, {moment}, {moment}, '{NAME}', '{DESCRIPTION}' "
        f"FROM generate_series(0, {count - 1}) n; VACUUM ANALYZE items"
    )


def _rows(count: int) -> Iterator[tuple[str, int, int, int, str, str]]:
    for number in range(count):
        moment = _moment(number)
        yield _id(number), 1, moment, moment, NAME, DESCRIPTION


def _moment(number: int) -> int:
    """When the record was created, in microseconds since the epoch."""
    return FIRST_MICROSECONDS + number * 1000


def _id(number: int) -> str:
    return f"{_ID}{number:012x}"
