"""Workers: a dead one is replaced, a crash loop ends, none survives the supervisor."""

import os
import signal
from pathlib import Path

from tests.support.creates import creating
from tests.support.http import accepts_connections, get
from tests.support.process import serving, until

BACK = "A worker is back"
REPLACED = "A worker ended; replacing it"

DIES_THE_SECOND_TIME = """
import os, pathlib, signal
try:
    pathlib.Path("imported").touch(exist_ok=False)
except FileExistsError:
    os.kill(os.getpid(), signal.SIGKILL)
from estuary.core.items import ITEMS
"""


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """At once and with a line in the log; connections meanwhile wait instead of being refused."""
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        (worker,) = server.workers
        os.kill(worker, signal.SIGKILL)
        assert 200 == get(server, "/health/ready").status
        assert "killed by SIGKILL" == server.record(REPLACED, worker=worker)["reason"]
        back = server.record(BACK)["worker"]
        assert worker != back
        assert [back] == server.workers
        assert 0 == server.stop()


def test_a_replacement_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The store may have gone since: the reason is logged, and in the end the supervisor gives up."""
    path = tmp_path / "data" / "estuary.db"
    with serving(tmp_path, {"DATABASE_TYPE": "sqlite"}) as server:
        (worker,) = server.workers
        os.kill(worker, signal.SIGSTOP)
        for file in path.parent.iterdir():
            file.unlink()
        path.write_bytes(b"These are my notes, and no database at all. " * 100)
        os.kill(worker, signal.SIGKILL)
        assert 1 == server.wait()
        server.wait_until_gone()
        assert "estuary.db" in server.err.text
        assert 1 == len(server.err.text.splitlines())


def test_workers_that_keep_dying_end_the_server(tmp_path: Path) -> None:
    """A crash loop ends with exit 1, so that the operator learns of it."""
    (tmp_path / "mortal.py").write_text(DIES_THE_SECOND_TIME)
    with serving(tmp_path, {"RESOURCES": "mortal:ITEMS"}) as server:
        os.kill(server.workers[0], signal.SIGKILL)
        assert 1 == server.wait()
        server.wait_until_gone()
        pauses = [record["pause"] for record in server.records() if record["message"] == REPLACED]
        assert sorted(pauses) == pauses
        assert ["estuary: workers keep dying; the last one: killed by SIGKILL"] == (
            server.err.text.splitlines()
        )


def test_a_worker_that_is_told_to_go_finishes_and_is_replaced(tmp_path: Path) -> None:
    """SIGTERM to one worker: its requests are answered, and another one takes over."""
    with serving(tmp_path) as server, creating(server, 2) as creates:
        (worker,) = server.workers
        os.kill(worker, signal.SIGTERM)
        assert [201, 201] == [create.finish().status for create in creates]
        assert "asked to leave" == server.record(REPLACED, worker=worker)["reason"]
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()


def test_no_worker_survives_its_supervisor(tmp_path: Path) -> None:
    """After `kill -9` of the supervisor, requests under way are finished; then the port is free."""
    with serving(tmp_path) as server, creating(server, 2) as creates:
        server.send(signal.SIGKILL)
        assert -signal.SIGKILL == server.wait()
        assert [201, 201] == [create.finish().status for create in creates]
        server.wait_until_gone()
        assert not accepts_connections(server)


def test_a_worker_that_died_during_the_drain_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """No worker is left to drain: the supervisor ends at once, with exit 1 for the crash."""
    variables = {"SHUTDOWN_DRAIN_SECONDS": "50", "SHUTDOWN_TIMEOUT_SECONDS": "300"}
    with serving(tmp_path, variables) as server:
        (worker,) = server.workers
        server.send(signal.SIGTERM)
        server.record("Shutting down")
        os.kill(worker, signal.SIGKILL)
        assert 1 == server.wait()
        server.wait_until_gone()


def test_dead_workers_do_not_stay_as_zombies(tmp_path: Path) -> None:
    """The supervisor takes note of every death."""
    with serving(tmp_path) as server:
        (worker,) = server.workers
        os.kill(worker, signal.SIGKILL)
        server.record(BACK)
        until(lambda: not Path(f"/proc/{worker}").exists())
        assert 0 == server.stop()
