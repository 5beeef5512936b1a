"""The URLs of hosted databases and of other drivers, all the way to a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from estuary.config.database_url import DATABASE_URL
from estuary.core.errors import StoreUnavailable
from estuary.core.items import ITEMS, Item
from estuary.stores.postgres import PostgresStore
from tests.support.collections import awaited
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres, postgres_server
from tests.support.tls import Authority
from tests.unit.stores.kinds import record

_WHERE = "SELECT schemaname FROM pg_tables WHERE tablename = 'items'"


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A server whose database is empty, but for a schema."""
    found = shared.postgres()
    found.empty()
    found.execute('DROP SCHEMA IF EXISTS "Shop 1" CASCADE; CREATE SCHEMA "Shop 1" AUTHORIZATION estuary')
    yield found
    found.execute('DROP SCHEMA "Shop 1" CASCADE')
    found.end_sessions()


def read(url: str) -> str:
    """The driver's URL for what an operator writes."""
    location = DATABASE_URL.read(url)
    assert location is not None
    return location.url


async def keep_one(url: str) -> None:
    """Make the tables and an item."""
    store = PostgresStore(url, [ITEMS], timeout=5)
    await store.open()
    await awaited(store.collection(ITEMS)).insert(record(Item("boat")))
    assert 1 == await awaited(store.collection(ITEMS)).count()
    await store.close()


@pytest.mark.parametrize(
    ("parameters", "schema"),
    [
        ("schema=Shop%201", "Shop 1"),
        ("options=-csearch_path%3D%22Shop%5C%201%22", "Shop 1"),
        ("connect_timeout=10&keepalives_idle=30&pgbouncer=true&channel_binding=prefer", "public"),
        ("ssl=false&gssencmode=disable&client_encoding=utf8", "public"),
    ],
)
async def test_what_is_honoured_reaches_the_server(server: Postgres, parameters: str, schema: str) -> None:
    """Tables are where the URL says; what changes nothing hinders nothing."""
    url = server.url.replace("postgres://", "postgresql+asyncpg://")
    await keep_one(read(f"{url}?{parameters}"))
    assert schema == server.execute(_WHERE)


async def test_a_demand_for_channel_binding_is_met_by_the_certificate(tmp_path: Path) -> None:
    """A server without a certificate of the named authority is not spoken to."""
    known, stranger = Authority(tmp_path), Authority(tmp_path)
    (tmp_path / "known.pem").write_bytes(known.pem)
    (tmp_path / "stranger.pem").write_bytes(stranger.pem)
    settings = {"ssl": "on", "ssl_cert_file": "server.pem", "ssl_key_file": "server.pem"}
    files = {"server.pem": known.issued(datetime.now(UTC) + timedelta(hours=1))}
    with postgres_server(settings, files) as server:
        url = f"{server.url}?sslmode=require&channel_binding=require"
        await keep_one(read(f"{url}&sslrootcert={tmp_path}/known.pem"))
        for stricter in (url, f"{url}&sslrootcert={tmp_path}/stranger.pem"):
            with pytest.raises(StoreUnavailable, match="does not agree on TLS"):
                await keep_one(read(stricter))


@pytest.mark.usefixtures("server")
async def test_what_a_pooler_does_not_take_is_told() -> None:
    """PgBouncer knows few of a session's settings: the message names the one that it refuses."""
    with pytest.raises(StoreUnavailable, match=r"search_path.*DATABASE_URL"):
        await keep_one(read(f"{shared.pooler().url}?schema=Shop%201"))
