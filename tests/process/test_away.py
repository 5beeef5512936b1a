"""A store that is away, locked or slow at the start: the service answers, and becomes ready by itself."""

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from estuary.server.readiness import EXTENSION_SECONDS
from tests.support.creates import ITEMS
from tests.support.http import get, post
from tests.support.process import HOST, NOT_READY, READY, Server, serving, started, until
from tests.support.service_manager import Manager

SOON = {"DATABASE_TIMEOUT_SECONDS": "1"}
BODY = b'{"name":"boat"}'


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the whole file."""
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        other.close()


@contextmanager
def silent() -> Iterator[str]:
    """The URL of a database that takes connections and never says a word."""
    with socket.create_server((HOST, 0)) as server:
        yield f"postgres://estuary@{HOST}:{server.getsockname()[1]}/estuary"


def reason(server: Server) -> str:
    """What the probe says: "ready", or the reason why not."""
    said = msgspec.json.decode(get(server, "/health/ready").body)
    return str(said.get("reason", said["status"]))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_that_is_locked_is_waited_for(tmp_path: Path, workers: str) -> None:
    """Alive, not ready and said why, in the log too; READY=1 comes when the probe says so, not before."""
    path = tmp_path / "estuary.db"
    manager = Manager(str(tmp_path / "notify"))
    variables = {
        "DATABASE_URL": f"sqlite:///{path}",
        "NOTIFY_SOCKET": manager.address,
        "WORKERS": workers,
        **SOON,
    }
    with started(tmp_path, variables) as server:
        with locked(path):
            said = server.wait_until_ready(NOT_READY)
            assert ("WARN", server.origin) == (said["level"], said["address"])
            told = manager.hear()
            assert f"Not ready: {said['reason']}" == told["STATUS"]
            assert str(round(EXTENSION_SECONDS * 1_000_000)) == told["EXTEND_TIMEOUT_USEC"]
            assert "READY" not in told
            server.record("not ready until the store answers")
            assert "database_unavailable" == reason(server)
            assert 200 == get(server, "/health/live").status
            assert 503 == post(server, ITEMS, BODY).status
            assert [] == [record for record in server.records() if record["message"] == READY]
        server.wait_until_ready()
        assert {"READY": "1", "STATUS": "Serving"} == manager.hear_of("READY")
        assert "ready" == reason(server)
        assert 201 == post(server, ITEMS, BODY).status
        assert 0 == server.stop()
    manager.close()


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    """However deep it lies."""
    path = tmp_path / "a" / "b" / "estuary.db"
    with serving(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}) as server:
        assert path.exists()
        assert "ready" == reason(server)


def test_a_folder_that_cannot_be_made_ends_the_start(tmp_path: Path) -> None:
    """No waiting mends that: exit 1, and which folder."""
    (tmp_path / "data").write_text("a file")
    with started(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path}/data/estuary.db"}) as server:
        assert 1 == server.wait()
        assert f"The folder {tmp_path}/data cannot be made" in server.err.text


def test_a_service_that_waits_is_told_to_stop(tmp_path: Path) -> None:
    """However long an attempt may take, and whatever it waits for: exit 0 at once."""
    with silent() as url:
        variables = {
            "DATABASE_URL": url,
            "DATABASE_TIMEOUT_SECONDS": "60",
        }
        with serving(tmp_path, variables, message=NOT_READY) as server:
            assert "still being opened" in server.record(NOT_READY)["reason"]
            assert 0 == server.stop()
            server.wait_until_gone()


def test_a_service_that_opens_its_store_is_told_to_stop(tmp_path: Path) -> None:
    """Before it answers anything: exit 0, and nothing left behind; the lock holds up a migration, too."""
    path = tmp_path / "estuary.db"
    variables = {"DATABASE_URL": f"sqlite:///{path}", "DATABASE_TIMEOUT_SECONDS": "60"}
    with locked(path), started(tmp_path, variables) as server:
        until(lambda: opens(server, path))
        server.send(signal.SIGTERM)
        assert 0 == server.wait()
        server.wait_until_gone()


def opens(server: Server, path: Path) -> bool:
    """Whether a worker has the file open."""
    return any(
        file.resolve() == path
        for worker in server.workers
        for file in Path(f"/proc/{worker}/fd").iterdir()
        if file.is_symlink()
    )


def test_a_worker_that_dies_while_it_waits_is_replaced(tmp_path: Path) -> None:
    """The service that answered goes on answering; it is no failed start."""
    path = tmp_path / "estuary.db"
    variables = {"DATABASE_URL": f"sqlite:///{path}", **SOON}
    with locked(path), serving(tmp_path, variables, message=NOT_READY) as server:
        (worker,) = server.workers
        os.kill(worker, signal.SIGKILL)
        server.record("A worker ended; replacing it", worker=worker)
        assert "database_unavailable" == reason(server)
        assert [worker] != server.workers
        assert 0 == server.stop()


def test_what_counts_requests_may_come_later(tmp_path: Path) -> None:
    """A Redis that is away does not delay readiness: what holds meanwhile is configured."""
    with socket.create_server((HOST, 0)) as unused:
        port = unused.getsockname()[1]
    variables = {"RATE_LIMIT_ENABLED": "true", "REDIS_URL": f"redis://{HOST}:{port}"}
    with serving(tmp_path, variables) as server:
        server.record("rate limit store unavailable")
        assert "ready" == reason(server)
        assert 0 == server.stop()
