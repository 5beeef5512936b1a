"""What a service manager is told over NOTIFY_SOCKET: ready, stopping, and that the workers are alive."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import get
from tests.support.process import serving, started
from tests.support.service_manager import SILENCE_SECONDS, Manager

WATCHDOG = {"WATCHDOG_USEC": "400000"}


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    """A service manager on either kind of address."""
    abstract = f"@estuary-test-{secrets.token_hex(8)}"
    manager = Manager(str(tmp_path / "notify") if request.param == "path" else abstract)
    yield manager
    manager.close()


def test_ready_and_stopping_are_told(tmp_path: Path, manager: Manager) -> None:
    """Ready when requests are answered, and not before; stopping when the end has begun."""
    with started(tmp_path, {"NOTIFY_SOCKET": manager.address}) as server:
        assert {"READY": "1", "STATUS": "Serving"} == manager.hear()
        server.wait_until_ready()
        assert 200 == get(server, "/health/ready").status
        server.send(signal.SIGTERM)
        assert {"STOPPING": "1", "STATUS": "Shutting down"} == manager.hear()
        assert 0 == server.wait()


def test_a_failed_start_is_not_called_ready(tmp_path: Path, manager: Manager) -> None:
    """The manager hears of no success from a server that could not open its store."""
    (tmp_path / "notes.db").write_bytes(b"These are my notes, and no database at all. " * 100)
    variables = {"NOTIFY_SOCKET": manager.address, "DATABASE_URL": "sqlite:///notes.db"}
    with started(tmp_path, variables) as server:
        assert 1 == server.wait()
    with pytest.raises(BlockingIOError):
        manager.hear(0)


def test_the_watchdog_sees_a_worker_that_hangs(tmp_path: Path, manager: Manager) -> None:
    """Signs of life come while the event loop turns, stop when it does not, and come back with it."""
    with serving(tmp_path, {"NOTIFY_SOCKET": manager.address, **WATCHDOG}) as server:
        manager.hear_of("READY")
        assert {"WATCHDOG": "1"} == manager.hear_of("WATCHDOG")
        (worker,) = server.workers
        os.kill(worker, signal.SIGSTOP)
        manager.hear_nothing_more()
        os.kill(worker, signal.SIGCONT)
        manager.hear_of("WATCHDOG")
        assert 0 == server.stop()


def test_a_watchdog_for_another_process_is_not_ours(tmp_path: Path, manager: Manager) -> None:
    """WATCHDOG_PID names who is watched; a wrapper's watchdog gets no signs of life from us."""
    variables = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_PID": "1", **WATCHDOG}
    with serving(tmp_path, variables) as server:
        manager.hear_of("READY")
        with pytest.raises(TimeoutError):
            manager.hear(SILENCE_SECONDS)
        assert 0 == server.stop()


def test_a_missing_service_manager_does_not_stop_the_service(tmp_path: Path) -> None:
    """A socket without a listener is no reason not to serve."""
    with serving(tmp_path, {"NOTIFY_SOCKET": str(tmp_path / "missing")}) as server:
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()
