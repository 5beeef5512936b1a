"""Who leaves before a slow store has answered has left: that is no failure of the store's."""

import signal
import socket
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.process import HOST, Server, serving, until
from tests.support.servers import shared
from tests.support.servers.postgres import Postgres

_REQUEST = (
    b"POST /api/v1/items HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b'Content-Length: 15\r\n\r\n{"name":"boat"}'
)
_RESET = struct.pack("ii", 1, 0)
"""For SO_LINGER: closing resets the connection, so that the other side hears of it at once."""

Stalled = Callable[[Path], AbstractContextManager[Server]]


@contextmanager
def _served(folder: Path, url: str) -> Iterator[Server]:
    variables = {"DATABASE_URL": url, "DATABASE_TIMEOUT_SECONDS": "60", "SHUTDOWN_TIMEOUT_SECONDS": "1"}
    with serving(folder, variables) as server:
        yield server


@contextmanager
def sqlite_stalled(folder: Path) -> Iterator[Server]:
    """A service on a file to which another process writes, without end."""
    with (
        _served(folder, f"sqlite:///{folder}/x.db") as server,
        closing(sqlite3.connect(folder / "x.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        yield server


@contextmanager
def postgres_stalled(folder: Path) -> Iterator[Server]:
    """A service on a server that hangs."""
    shared.postgres().empty()
    with _served(folder, shared.postgres().url) as server, shared.postgres().frozen():
        yield server


on_stalled_stores = pytest.mark.parametrize("stalled", [sqlite_stalled, postgres_stalled])


def metric(server: Server, name: str) -> float:
    """The sum of the series whose lines begin so."""
    lines = httpx.get(f"{server.origin}/metrics").text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(name))


def inserts(server: Server, status: str) -> float:
    """How many inserts ended like that."""
    labels = f'operation="insert",repository="items",status="{status}"'
    return metric(server, f"database_queries_total{{{labels}}}")


def under_way(server: Server) -> None:
    """Return when a request is worked on, beside the one for the metrics."""
    until(lambda: metric(server, "http_requests_in_flight ") >= 2)


def assert_no_store_failed(server: Server) -> None:
    """Nothing in the log says that it did."""
    assert [] == [line for line in server.records() if line["message"] == "store failed"]


@on_stalled_stores
def test_a_client_that_hangs_up_is_no_failure_of_the_stores(tmp_path: Path, stalled: Stalled) -> None:
    """Its query is counted as cancelled, with its time; not as an error, which operators are called for."""
    with stalled(tmp_path) as server:
        with socket.create_connection((HOST, server.port)) as client:
            client.sendall(_REQUEST)
            under_way(server)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        until(lambda: inserts(server, "cancelled") == 1)
        assert 0 == inserts(server, "error")
        assert 1 == metric(server, 'database_query_duration_seconds_count{operation="insert"')
        assert_no_store_failed(server)


@on_stalled_stores
def test_a_stop_that_cuts_a_query_off_is_no_failure_of_the_stores(tmp_path: Path, stalled: Stalled) -> None:
    """Who has not been answered within SHUTDOWN_TIMEOUT_SECONDS is cut off, and the log blames no store."""
    with stalled(tmp_path) as server:
        with socket.create_connection((HOST, server.port)) as client:
            client.sendall(_REQUEST)
            under_way(server)
            server.send(signal.SIGTERM)
            server.wait()
        assert_no_store_failed(server)


def test_clients_that_hang_up_cost_postgres_no_connection(tmp_path: Path) -> None:
    """Many who ask and leave at once: the sessions that there were stay, and answer all others."""
    postgres = shared.postgres()
    postgres.empty()
    with _served(tmp_path, postgres.url) as server:
        path = httpx.post(f"{server.origin}/api/v1/items", json={"name": "boat"}).headers["location"]
        httpx.get(f"{server.origin}{path}").raise_for_status()
        asked = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        before = sessions(postgres)
        for number in range(200):
            with socket.create_connection((HOST, server.port)) as client:
                client.sendall(asked)
                # So that some leave before their query has begun, some after it, and many in between.
                time.sleep(number * 20e-6)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        until(lambda: metric(server, "http_requests_in_flight ") == 1)
        assert before <= sessions(postgres)


def sessions(postgres: Postgres) -> set[str]:
    """The server's processes that serve us."""
    return set(postgres.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'estuary'").split())
