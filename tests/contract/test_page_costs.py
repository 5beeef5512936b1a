"""A page that an index serves costs as much in a large table as in a small one, as the engines count."""

import json
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from estuary.core.moments import EPOCH
from estuary.core.queries.query import ListQuery
from estuary.core.record_id import canonical_id
from estuary.stores.postgres import PostgresStore
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.sql.statements import BoundStatement
from estuary.stores.sqlite import SqliteStore
from tests.support.served_queries import BOOKS, VALUES, served_queries
from tests.support.servers import shared

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SMALL = 1_000
LARGE, ONE_OF = (1_000_000, 1) if SOAK else (20_000, 5)
"""How many records a large table holds, and of how many queries one is asked."""
MOST = 1.5
"""How many times as much a page may cost in the large table."""
PAGE = 20
LEAST_COMPARED = 900 // ONE_OF
"""Queries of which both tables hold a whole page: what finds less in a small one shows nothing."""

_COLUMNS = "id, version, created_at, updated_at, owner, title, pages, price, lent, read_at, binding, note"
_PREFIX = "00000000-0000-4000-8000-"
_STEP = 200
"""Microseconds from one record to the next."""


class Cost(NamedTuple):
    """What the engine did for a page, and how many records it found."""

    cost: int
    records: int


def _middle(rows: int) -> Mapping[str, Any]:
    """The values of the record in the midst of so many, or of the many that are equal."""
    moment = EPOCH + timedelta(microseconds=rows // 2 * _STEP)
    record_id = canonical_id(f"{_PREFIX}{rows // 2:012}")
    return {**VALUES, "id": record_id, "created_at": moment, "read_at": moment}


def _selected(rows: int, number: str, true: str, false: str) -> str:
    """The columns of the record `n`: of each field many are equal, some null, others of 1,000 values."""
    chance = [_drawn(field, 100) for field in range(8)]
    other = _drawn(8, 1000)
    return f"""
        '{_PREFIX}' || {number}, 1, n * {_STEP}, n * {_STEP},
        CASE WHEN {chance[0]} < 50 THEN 'her' ELSE '' END,
        'title ' || CASE WHEN {chance[1]} < 60 THEN 500 ELSE {other} END,
        CASE WHEN {chance[2]} < 40 THEN 500 WHEN {chance[2]} < 70 THEN {other} END,
        CASE WHEN {chance[3]} < 50 THEN 500 ELSE {other} END,
        CASE WHEN {chance[4]} < 40 THEN {true} WHEN {chance[4]} < 70 THEN {false} END,
        CASE WHEN {chance[5]} < 40 THEN {rows // 2 * _STEP} WHEN {chance[5]} < 70 THEN n * {_STEP} END,
        CASE WHEN {chance[6]} < 80 THEN 'cloth' ELSE 'paper' END,
        'note ' || CASE WHEN {chance[7]} < 40 THEN 500 WHEN {chance[7]} < 70 THEN {other} END
    """


def _drawn(field: int, below: int) -> str:
    """An integer from 0, which looks drawn for the record `n` (Knuth's multiplicative hash)."""
    factor = (2654435761 * 48271**field | 1) % 2**32
    return f"(n * {factor} % 4294967296 / 4096 % {below})"


def _queries(rows: int) -> list[ListQuery]:
    """What is asked of a table of so many records: every form in the soak run, else some of them."""
    return list(served_queries(_middle(rows)))[::ONE_OF]


def _dearer(small: Sequence[Cost], large: Sequence[Cost]) -> list[str]:
    """The queries whose page costs too much more in the large table."""
    pairs = [
        (before.cost, after.cost, query)
        for before, after, query in zip(small, large, _queries(LARGE), strict=True)
        if before.records == after.records == PAGE
    ]
    assert len(pairs) >= LEAST_COMPARED
    ratios = sorted(after / before for before, after, _ in pairs)
    message = (
        f"{len(pairs)} pages at {LARGE:,} records, beside {SMALL:,}: {ratios[0]:.2f} to {ratios[-1]:.2f}"
    )
    sys.stdout.write(f"{message}\n")
    return [f"{before} {after} {query}" for before, after, query in pairs if after > before * MOST]


def _asked(store: SqliteStore | PostgresStore, query: ListQuery) -> BoundStatement:
    return store._resources["books"].queries.of(query).rows


async def _steps(folder: Path, rows: int) -> list[Cost]:
    """What pages cost in a SQLite file of `rows` books, in steps of its virtual machine."""
    path = folder / f"{rows}.db"
    store = SqliteStore(path, [BOOKS])
    await store.open()
    statements = [_asked(store, query) for query in _queries(rows)]
    await store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _fill_file(connection, rows)
        return [_stepped(connection, statement) for statement in statements]


def _fill_file(connection: sqlite3.Connection, rows: int) -> None:
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'books' AND sql NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    numbers = f"WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {rows})"  # noqa: S608
    values = _selected(rows, "substr('00000000000' || n, -12)", "1", "0")
    connection.execute(f"INSERT INTO books ({_COLUMNS}) {numbers} SELECT {values} FROM s")  # noqa: S608
    for _, sql in indexes:
        connection.execute(sql)


def _stepped(connection: sqlite3.Connection, asked: BoundStatement) -> Cost:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 1)
    records = connection.execute(*asked).fetchall()
    connection.set_progress_handler(None, 1)
    return Cost(steps, len(records))


async def _buffers(rows: int) -> list[Cost]:
    """What pages cost in a PostgreSQL table of `rows` books, in buffers."""
    server = shared.postgres()
    server.empty()
    store = PostgresStore(server.url, [BOOKS])
    await store.open()
    statements = [_asked(store, query) for query in _queries(rows)]
    await store.close()
    connection = await Connector(server.url, timeout=10).connect(unlimited=True)
    try:
        await _fill_server(connection, rows)
        prepared: dict[str, str] = {}
        return [await _buffered(connection, prepared, statement) for statement in statements]
    finally:
        connection.terminate()


async def _fill_server(connection: Connection, rows: int) -> None:
    # As servers are set up, with more memory than a test's for the indexes.
    await connection.execute("SET statement_timeout = 0; SET maintenance_work_mem = '256MB'")
    indexes = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'books' AND indexname <> 'books_pkey'"
    )
    for name, _ in indexes:
        await connection.execute(f"DROP INDEX {name}")
    values = _selected(rows, "lpad(n::text, 12, '0')", "true", "false")
    numbers = f"SELECT n FROM generate_series(1::bigint, {rows}) n"  # noqa: S608 (texts of ours)
    source = f"({numbers}) s ORDER BY {_drawn(9, rows)}"
    await connection.execute(f"INSERT INTO books ({_COLUMNS}) SELECT {values} FROM {source}")  # noqa: S608
    for _, definition in indexes:
        await connection.execute(definition)
    await connection.execute("VACUUM ANALYZE books")


async def _buffered(connection: Connection, prepared: dict[str, str], asked: BoundStatement) -> Cost:
    if asked.statement not in prepared:
        prepared[asked.statement] = f"q{len(prepared)}"
        await connection.execute(f"PREPARE {prepared[asked.statement]} AS {asked.statement}")
    values = ", ".join(f"'{each}'" if isinstance(each, str) else str(each) for each in asked.parameters)
    execute = f"EXECUTE {prepared[asked.statement]}({values})"
    ((explained,),) = await connection.fetch(
        f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {execute}"
    )
    plan = json.loads(explained)[0]["Plan"]
    return Cost(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], plan["Actual Rows"])


@pytest.mark.long
async def test_sqlite_takes_as_many_steps_for_a_page_of_a_large_table(tmp_path: Path) -> None:
    """Of each form that is served: first and middle pages, both ways, of one owner or all, past nulls."""
    assert [] == _dearer(await _steps(tmp_path, SMALL), await _steps(tmp_path, LARGE))


@pytest.mark.long
async def test_postgres_reads_as_many_buffers_for_a_page_of_a_large_table() -> None:
    """The same. Its records lie in no order, so that most of a page are in buffers of their own."""
    small, large = await _buffers(SMALL), await _buffers(LARGE)
    assert [] == _dearer(small, large)
