"""What a declared index serves costs by the page: its start is found by a search, and nothing is sorted."""

import json
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from estuary.core.errors import Advice, StoreQueryFailed
from estuary.core.queries.conditions import Comparison, Operator, SortKey
from estuary.core.queries.indexes import ascending, demand_of, serving
from estuary.core.queries.query import ListQuery
from estuary.stores.convex.store import ConvexStore
from estuary.stores.postgres import PostgresStore
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.driver_connection import Connection
from estuary.stores.sql.query_statements import QueryStatements
from estuary.stores.sql.statements import BoundStatement
from estuary.stores.sqlite import SqliteStore
from tests.support.collections import awaited
from tests.support.served_queries import BOOKS, served_queries
from tests.support.servers import shared
from tests.support.servers.convex import DEPLOY_KEY, Deployment, convex_host

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
ROWS = 10_000
MOST_READ = 100
"""Records that are looked at for a page of 20."""
COLUMNS = "id, version, created_at, updated_at, owner, title, pages, price, lent, read_at, binding, note"
VALUES = """
    substr('00000000-0000-4000-8000-000000000000', 1, 30) || substr('00000' || n, -6), 1, n * 200, n * 200,
    CASE n % 10 WHEN 0 THEN 'her' ELSE '' END, 'title ' || n % 1000, CASE WHEN n % 3 > 0 THEN n % 1000 END,
    n % 1000, CASE n % 3 WHEN 0 THEN {true} WHEN 1 THEN {false} END, CASE WHEN n % 3 > 0 THEN n * 200 END,
    CASE n % 2 WHEN 0 THEN 'paper' ELSE 'cloth' END, CASE WHEN n % 3 > 1 THEN 'note ' || n % 1000 END
"""
QUERIES = list(served_queries())


def asked(store: SqliteStore | PostgresStore, query: ListQuery) -> tuple[str, tuple[Any, ...]]:
    """The statement that answers `query`, which is said to be served."""
    statements: QueryStatements = store._resources["books"].queries
    found = statements.of(query)
    assert found.bounded
    assert Advice() == found.advice
    return found.rows


def reported(query: ListQuery) -> str:
    """A query in a message."""
    where = [f"{each.field}.{each.operator.value}" for each in query.where if isinstance(each, Comparison)]
    return f"{where} {query.sort} {query.after} {query.owner}"


def fixed(query: ListQuery) -> list[str]:
    """The fields that have one value in all records that are asked for."""
    equal = [
        each.field
        for each in query.where
        if isinstance(each, Comparison)
        and (each.operator is Operator.EQ or (each.operator is Operator.NULL and each.value))
    ]
    return [*(["owner"] if query.owner else []), *equal]


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[tuple[SqliteStore, sqlite3.Connection]]:
    """A store with many books, and another connection to its file."""
    store = SqliteStore(tmp_path / "books.db", [BOOKS])
    await store.open()
    connection = sqlite3.connect(tmp_path / "books.db", isolation_level=None)
    numbers = f"WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {ROWS})"  # noqa: S608
    values = VALUES.format(true=1, false=0)
    insert = f"INSERT INTO books ({COLUMNS}) {numbers} SELECT {values} FROM s"  # noqa: S608 (texts of ours)
    connection.execute(insert)
    yield store, connection
    connection.close()
    await store.close()


async def test_sqlite_searches_and_never_sorts(file: tuple[SqliteStore, sqlite3.Connection]) -> None:
    """Nor does it read through an index, but from its first record on where nothing else is asked for."""
    store, connection = file
    wrong = []
    for query in QUERIES:
        statement, parameters = asked(store, query)
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        if not all(_is_search(step, query) for step in plan):
            wrong.append((reported(query), statement.partition(" FROM ")[2], plan))
    assert [] == wrong


def _is_search(step: str, query: ListQuery) -> bool:
    if "books" not in step:
        return "B-TREE" not in step
    if not (query.where or query.owner or query.after):
        return step.startswith("SCAN books USING INDEX")
    searched = step.startswith("SEARCH books USING")
    return searched and all(re.search(rf"\b{field}=\?", step) for field in fixed(query))


@pytest.fixture
async def server() -> AsyncIterator[tuple[PostgresStore, Connection]]:
    """A store with many books, and another connection with its settings."""
    server = shared.postgres()
    server.empty()
    store = PostgresStore(server.url, [BOOKS])
    await store.open()
    values = VALUES.format(true="true", false="false").replace("n % 1000,", "(n % 1000)::bigint,")
    values = values.replace("substr('00000' || n, -6)", "lpad(n::text, 6, '0')")
    insert = f"INSERT INTO books ({COLUMNS}) SELECT {values} FROM generate_series(1, {ROWS}) n"  # noqa: S608
    server.execute(f"{insert}; ANALYZE books")
    connection = await Connector(server.url, timeout=10).connect()
    yield store, connection
    connection.terminate()
    await store.close()


def literal(value: object) -> str:
    """A parameter as EXECUTE takes it."""
    return f"'{value}'" if isinstance(value, str) else str(value)


def steps_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from steps_of(part)


async def test_postgres_reads_a_few_records(server: tuple[PostgresStore, Connection]) -> None:
    """From each index that it searches; what it sorts is the few records of several searches."""
    store, connection = server
    prepared: list[str] = []
    wrong = []
    for query in QUERIES:
        statement, parameters = asked(store, query)
        if statement not in prepared:
            await connection.execute(f"PREPARE q{len(prepared)} AS {statement}")
            prepared.append(statement)
        values = f"({', '.join(map(literal, parameters))})"
        explained = (
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE q{prepared.index(statement)}{values}"
        )
        (plan,) = json.loads(await connection.fetchval(explained))
        if not all(_is_bounded(step) for step in steps_of(plan["Plan"])):
            wrong.append((reported(query), statement.partition(" FROM ")[2], plan))
    assert [] == wrong


def _is_bounded(step: dict[str, Any]) -> bool:
    """Whether a step reads few records; those of several searches may be sorted once more."""
    merging = ("Limit", "Merge Append", "Append", "Subquery Scan", "Result", "Sort")
    if step["Node Type"] not in (*merging, "Index Scan", "Index Only Scan"):
        return False
    read: int = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return read <= MOST_READ


_ALIKE = """
    lpad(n::text, 36, '0'), 1, 1, 1, 'him', 'title 1', 1, 1, false, 1, 'paper', 'note 1'
"""
_KEYS = """
    SELECT x.indexrelid::regclass::text, array(
        SELECT coalesce(a.attname, 'id') FROM unnest(x.indkey::int2[]) WITH ORDINALITY k (number, place)
        LEFT JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = nullif(k.number, 0)
        ORDER BY k.place
    ) FROM pg_index x WHERE x.indrelid = 'books'::regclass"""
"""The columns of each index; what is no column is made of `id`."""
_EVERY = 1 if SOAK else 19
"""Of how many forms of statements one is planned."""


@pytest.mark.parametrize(("rows", "analyzed"), [(0, False), (1_000, False), (1_000, True)])
async def test_postgres_reads_in_the_index_that_serves_a_query(rows: int, analyzed: bool) -> None:
    """Alone, though by statistics others would do: of a table that is new, or of records that are alike.

    A plan outlives what the table held when it was made: other records would be looked for in all of it.
    """
    server = shared.postgres()
    server.empty()
    store = PostgresStore(server.url, [BOOKS])
    await store.open()
    insert = f"INSERT INTO books ({COLUMNS}) SELECT {_ALIKE} FROM generate_series(1, {rows}) n"  # noqa: S608
    server.execute(f"{insert}; {'ANALYZE books' if analyzed else ''}")
    connection = await Connector(server.url, timeout=10).connect()
    keys = {name.strip('"'): tuple(columns) for name, columns in await connection.fetch(_KEYS)}
    wrong = []
    for number, (statement, query) in enumerate(_forms(store)):
        await connection.execute(f"PREPARE q{number} AS {statement.statement}")
        values = f"({', '.join(map(literal, statement.parameters))})"
        (plan,) = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE q{number}{values}"))
        reads = [step for step in steps_of(plan["Plan"]) if step.get("Relation Name") == "books"]
        assert reads
        if {_serving_keys(query)} != (found := {keys[step["Index Name"]] for step in reads}):
            wrong.append((reported(query), statement.statement.partition(" FROM ")[2], found))
    connection.terminate()
    await store.close()
    assert [] == wrong


def _forms(store: PostgresStore) -> list[tuple[BoundStatement, ListQuery]]:
    """Statements of different forms with a query for each, every third of them with a limited total."""
    found: dict[str, tuple[BoundStatement, ListQuery]] = {}
    for number, asked_query in enumerate(QUERIES):
        counted = number % 3 == 0
        query = replace(asked_query, counted=counted, at_most=10_000 if counted else None)
        resource = store._resources["books"]
        plain = not (query.where or query.sort)
        rows = resource.lists.of(query) if plain else resource.queries.of(query).rows
        found.setdefault(rows.statement, (rows, query))
    return list(found.values())[::_EVERY]


def _serving_keys(query: ListQuery) -> tuple[str, ...]:
    index = serving(demand_of(query.where, query.sort), BOOKS.indexes)
    assert index
    return (*(["owner"] if query.owner else []), *(key.field for key in index.keys))


_SHELVES = 300
"""Books in Convex, which are read and sorted one by one."""


@pytest.fixture
async def deployed() -> AsyncIterator[ConvexStore]:
    """A store with some books, in a deployment that ends a function which reads many."""
    with convex_host((BOOKS,)) as host:
        deployment = Deployment(host, {"documentsRead": MOST_READ})
        store = ConvexStore(deployment.url, [BOOKS], deploy_key=DEPLOY_KEY)
        await store.open()
        deployment.keep("books", [_document(number) for number in range(_SHELVES)])
        yield store
        await store.close()


def _document(number: int) -> dict[str, Any]:
    """A book as the functions keep it."""
    third, time = number % 3, f"1970-01-01T00:00:00.{number:06}Z"
    record_id = f"00000000-0000-4000-8000-{number:012}"
    value = {
        "title": f"title {number}",
        "pages": number if third else None,
        "price": number,
        "lent": [True, False, None][third],
        "read_at": time if third else None,
        "binding": "paper" if number % 2 else "cloth",
        "note": f"note {number}" if third == 2 else None,
        "tags": None,
    }
    owner = "" if number % 10 else "her"
    metadata = {"id": record_id, "version": 1, "created_at": time, "updated_at": time, "owner": owner}
    return {"generation": "", "position": f"{time}/{record_id}", "value": value, **metadata}


async def test_convex_reads_a_page(deployed: ConvexStore) -> None:
    """By every index in either direction; what none serves is ended."""
    books = awaited(deployed.collection(BOOKS))
    demands = [(query, demand_of(query.where, query.sort)) for query in QUERIES]
    served = [query for query, demand in demands if serving(demand, ascending(BOOKS.indexes))]
    assert 3 * len(served) > len(QUERIES)
    wrong = []
    # Each takes some 10 ms: a fifth of them will do.
    for query in served[::5]:
        try:
            await books.list(query)
        except StoreQueryFailed:
            wrong.append(reported(query))
    assert [] == wrong
    with pytest.raises(StoreQueryFailed):
        await books.list(ListQuery(20, None, counted=False, sort=(SortKey("version"),)))
