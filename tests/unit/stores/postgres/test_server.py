"""What a real server does with the store's tables, statements and sessions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData

from estuary.core.errors import IdempotencyKeyInFlight, StoreQueryFailed, StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.core.queries.query import by_cursor
from estuary.core.record import Position
from estuary.core.writes.writes import KEY_LIFETIME, WriteOptions
from estuary.stores.postgres import PostgresStore
from estuary.stores.postgres.connector import Connector
from estuary.stores.postgres.insert_batcher import MOST_ROWS
from estuary.stores.postgres.statements import DIALECT, select_counted_list, select_totals
from estuary.stores.postgres.tables import postgres_totals_table
from estuary.stores.sql.idempotency_keys import REMOVED_AT_ONCE
from estuary.stores.sql.list_statements import ListStatements, shape_of
from estuary.stores.sql.statements import compile_statements
from estuary.stores.sql.tables import resource_table
from tests.contract.making import once, record_of
from tests.support.clocks import START
from tests.support.collections import Collection, awaited
from tests.support.resources import VESSELS, vessel
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres, postgres_server
from tests.support.tls import Authority
from tests.support.values import VALUES
from tests.support.waiting import until
from tests.unit.stores.kinds import record

OWNED = (
    "INSERT INTO items (id, version, created_at, updated_at, name, owner) "
    "SELECT '{0}' || n, 1, n, n, 'x', '{0}' FROM generate_series(1, {1}) n"
)
"""So many items of an owner, made by hand."""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SESSIONS = "pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'estuary'"


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server whose database is empty."""
    found = shared.postgres()
    found.empty()
    yield found
    found.end_sessions()


@pytest.fixture
async def store(server: Postgres) -> AsyncIterator[PostgresStore]:
    """An open store on it."""
    made = PostgresStore(server.url, [ITEMS], pool_size=4, timeout=5)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def items(store: PostgresStore) -> Collection:
    """Its items."""
    return awaited(store.collection(ITEMS))


async def test_writers_do_not_wait_for_each_others_totals(server: Postgres, items: Collection) -> None:
    """While a transaction that counted stays open, others count elsewhere; the sum is exact at the end."""
    connection: Any = await Connector(server.url, timeout=5).connect()
    await items.insert(record(Item("first")))
    await connection.execute("BEGIN")
    await connection.execute(OWNED.format("ann", 3))
    await asyncio.gather(*(items.insert(record(Item(f"item {n}"))) for n in range(20)))
    assert (21, 0) == (await items.count(), await items.count("ann"))
    await connection.execute("COMMIT")
    assert (24, 3) == (await items.count(), await items.count("ann"))
    connection.terminate()


async def test_totals_are_kept_for_any_writer(server: Postgres, items: Collection) -> None:
    """Many rows in one statement, deletes by hand, a transaction rolled back, and TRUNCATE."""
    server.execute(OWNED.format("ann", 500) + ";" + OWNED.format("bob", 7), user="estuary")
    assert (507, 500, 7) == (await items.count(), await items.count("ann"), await items.count("bob"))
    server.execute("DELETE FROM items WHERE created_at <= 3", user="estuary")
    server.execute("BEGIN; " + OWNED.format("cid", 9) + "; ROLLBACK", user="estuary")
    assert (501, 497, 4, 0) == tuple([await items.count(owner) for owner in (None, "ann", "bob", "cid")])
    server.execute("TRUNCATE items", user="estuary")
    assert (0, 0) == (await items.count(), await items.count("ann"))


async def test_records_that_come_together_are_one_statement(server: Postgres) -> None:
    """Whatever they hold: none of them has to be sent again alone."""
    server.empty()
    store = PostgresStore(server.url, [VESSELS], timeout=5)
    await store.open()
    vessels = awaited(store.collection(VESSELS))
    values = [vessel(**fields) for fields in VALUES.values()][-MOST_ROWS:]
    await asyncio.gather(*(vessels.insert(record(value)) for value in values))
    await store.close()
    assert f"{MOST_ROWS}|1" == server.execute("SELECT count(*), count(DISTINCT xmin::text) FROM vessels")


@pytest.mark.parametrize("change", ["id = 'another'", "owner = 'another'"])
async def test_who_and_whose_a_record_is_never_changes(
    server: Postgres, items: Collection, change: str
) -> None:
    """Totals and cursors rely on it, so a trigger refuses such an update."""
    await items.insert(record(Item("kept")))
    with pytest.raises(RuntimeError, match="id and owner of a record never change"):
        server.execute(f"UPDATE items SET {change}", user="estuary")  # noqa: S608 (a parameter of ours)


async def test_every_list_is_read_from_an_index(server: Postgres, items: Collection) -> None:
    """Whatever the size of the table: planned while it is small, a plan must be right when it is large."""
    assert 0 == await items.count()
    metadata = MetaData()
    table = resource_table(ITEMS, metadata)
    totals = select_totals(table, postgres_totals_table(metadata))
    lists = ListStatements(partial(select_counted_list, table, totals), DIALECT)
    owners, place = (None, "her"), (None, Position(1, "id"))
    asked = [lists.for_shape(shape_of(by_cursor(1, after, owner))) for owner in owners for after in place]
    asked.append(compile_statements(table, totals, DIALECT).get)
    connection: Any = await Connector(server.url, timeout=5).connect()
    for number, (text, parameters) in enumerate(asked):
        name = f"asked_{number}"
        await connection.execute(f"PREPARE {name} AS {text}")
        nulls = ", ".join("NULL" for _ in parameters)
        plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE {name}({nulls})"))
        assert "Index Scan" in plan, text
        assert "Sort" not in plan, text
        assert "Seq Scan" not in plan, text
    connection.terminate()


async def test_a_key_that_another_is_at_is_told_at_once(server: Postgres, items: Collection) -> None:
    """An insert does not wait for one with its key that has not come to its end, nor is it made."""
    connection: Any = await Connector(server.url, timeout=5).connect()
    await connection.execute("BEGIN; LOCK _estuary_totals")
    first = asyncio.ensure_future(items.insert(record(Item("first")), once()))
    await until(lambda: "1" == server.execute(WAITING))
    with pytest.raises(IdempotencyKeyInFlight):
        await items.insert(record(Item("second")), once())
    await connection.execute("ROLLBACK")
    kept = (await first).record
    assert (kept, 1) == ((await items.insert(record(Item("third")), once())).record, await items.count())
    connection.terminate()


async def test_inserts_remove_keys_that_have_expired(server: Postgres, items: Collection) -> None:
    """Some with each of them: the table of keys does not grow for ever."""
    for number in range(REMOVED_AT_ONCE + 2):
        await items.insert(record(Item("old")), once(f"old {number}"))
    await items.insert(record(Item("new")), once("new", now=START + KEY_LIFETIME))
    assert "3" == server.execute("SELECT count(*) FROM _estuary_keys")


async def test_fewer_connections_than_wished_for_are_enough(server: Postgres) -> None:
    """Where the server has no more to give, calls wait for those there are."""
    store = PostgresStore(server.url, [ITEMS], pool_size=20, timeout=10)
    await store.open()
    server.execute("ALTER ROLE estuary CONNECTION LIMIT 2")
    try:
        items = awaited(store.collection(ITEMS))
        await asyncio.gather(*(items.insert(record(Item(f"item {n}"))) for n in range(100)))
        assert 100 == await items.count()
    finally:
        server.execute("ALTER ROLE estuary CONNECTION LIMIT -1")
        await store.close()


async def test_a_slow_statement_is_ended_by_the_server(server: Postgres) -> None:
    """A lock that another keeps is waited for in bounded time; the connection survives the error."""
    store = PostgresStore(server.url, [ITEMS], pool_size=1, timeout=1)
    await store.open()
    items = awaited(store.collection(ITEMS))
    kept = record(Item("locked"))
    await items.insert(kept)
    connection: Any = await Connector(server.url, timeout=5).connect()
    await connection.execute("BEGIN; SELECT 1 FROM items FOR UPDATE")
    with pytest.raises(StoreUnavailable, match="took too long"):
        await items.update(kept.id, {"name": "changed"}, kept.updated_at)
    await connection.execute("ROLLBACK")
    assert 2 == (await record_of(items.update(kept.id, {"name": "changed"}, kept.updated_at))).version
    connection.terminate()
    await store.close()


async def test_what_the_server_cannot_keep_is_refused(items: Collection) -> None:
    """A NUL, which PostgreSQL has no place for, is a refused statement and not an outage."""
    with pytest.raises(StoreQueryFailed):
        await items.insert(record(Item("a\0b")))
    assert 0 == await items.count()


async def test_tls_is_as_strict_as_libpqs(tmp_path: Path) -> None:
    """With verify-full the server's certificate must be the named authority's, and for its host."""
    known, stranger = Authority(tmp_path), Authority(tmp_path)
    (tmp_path / "known.pem").write_bytes(known.pem)
    (tmp_path / "stranger.pem").write_bytes(stranger.pem)
    settings = {"ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.pem"}
    files = {"server.pem": known.issued(datetime.now(UTC) + timedelta(hours=1))}
    with postgres_server(settings, files) as server:
        url = f"{server.url}?sslmode=verify-full&sslrootcert={tmp_path}"
        store = PostgresStore(f"{url}/known.pem", [ITEMS], timeout=5)
        await store.open()
        await awaited(store.collection(ITEMS)).insert(record(Item("in secret")))
        assert "t" == server.execute(f"SELECT bool_and(ssl) FROM {SESSIONS}")  # noqa: S608 (ours)
        await store.close()
        with pytest.raises(StoreUnavailable, match="does not agree on TLS"):
            await PostgresStore(f"{url}/stranger.pem", [ITEMS], timeout=5).open()


async def test_a_database_of_an_earlier_release_remembers_deleted_records_from_now_on(
    server: Postgres, store: PostgresStore, items: Collection
) -> None:
    """Table and trigger are made, totals are not touched; what other programs delete is remembered, too."""
    kept = await record_of(items.insert(record(Item("one"))))
    await store.close()
    server.execute("DROP FUNCTION _estuary_remember CASCADE; DROP TABLE _estuary_deleted")
    server.execute("UPDATE _estuary_totals SET total = 7")
    await store.open()
    assert 7 == await items.count()
    server.execute("DELETE FROM items", user="estuary")
    again = await record_of(items.insert(kept, WriteOptions(client_id=True)))
    assert 2 == again.version
