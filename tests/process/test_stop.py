"""Stopping: what is under way is finished, nothing holds up the end, and nothing is left behind."""

import os
import pty
import signal
import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.support.creates import ITEMS, creating
from tests.support.http import Connection, ConnectionEnded, accepts_connections, get, request
from tests.support.process import Server, serving, started, until

SHUTTING_DOWN = "Shutting down"
CUT_OFF = "Cut off requests that did not finish in time"


def is_ready(server: Server) -> int:
    """The status of the readiness probe."""
    return get(server, "/health/ready").status


@pytest.mark.parametrize("store", ["memory", "sqlite"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_supervisor_ends_everything(
    tmp_path: Path, number: signal.Signals, store: str
) -> None:
    """Exit 0, no process left, the port closed, and nothing on standard error."""
    with serving(tmp_path, {"DATABASE_TYPE": store}) as server:
        server.send(number)
        assert 0 == server.wait()
        server.wait_until_gone()
        assert not accepts_connections(server)
        assert "" == server.err.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_is_the_same(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C in a terminal and a careless service manager reach the workers too: all drain alike."""
    with serving(tmp_path, {"SHUTDOWN_DRAIN_SECONDS": "2"}) as server, creating(server, 3) as creates:
        server.send_to_all(number)
        server.record(SHUTTING_DOWN)
        assert 503 == is_ready(server)
        assert [201] * 3 == [create.finish().status for create in creates]
        assert 0 == server.wait()
        server.wait_until_gone()


def test_idle_connections_do_not_hold_up_the_end(tmp_path: Path) -> None:
    """Neither one that never spoke nor one that is kept alive: both are closed, and the exit code is 0."""
    with serving(tmp_path) as server, Connection(server) as silent, Connection(server) as kept:
        kept.send(request("GET", "/health/live"))
        assert "close" != kept.receive().headers.get("connection")
        assert 0 == server.stop()
        assert silent.is_closed()
        assert kept.is_closed()
        assert [] == [record for record in server.records() if record["level"] == "WARN"]


def test_a_client_that_has_just_come_is_answered(tmp_path: Path) -> None:
    """Its connection was taken before the word to stop, its request is still on the way: it is not lost."""
    with serving(tmp_path) as server, Connection(server) as fresh:
        assert 200 == get(server, "/health/live").status  # one that came later has been taken
        server.send(signal.SIGTERM)
        server.record(SHUTTING_DOWN)
        until(lambda: not accepts_connections(server))
        fresh.send(request("GET", "/health/live"))
        answer = fresh.receive()
        assert (200, "close") == (answer.status, answer.headers["connection"])
        assert 0 == server.wait()


def test_requests_under_way_are_finished(tmp_path: Path) -> None:
    """Answered in full after the word to stop, their connections closed, and kept by the store."""
    path = tmp_path / "estuary.db"
    with serving(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}) as server, creating(server, 5) as creates:
        server.send(signal.SIGTERM)
        server.record(SHUTTING_DOWN)
        answers = [create.finish() for create in creates]
        assert 0 == server.wait()
    assert [(201, "close")] * 5 == [(answer.status, answer.headers["connection"]) for answer in answers]
    assert sorted(f"slow {number}" for number in range(5)) == names_in(path)


def names_in(path: Path) -> list[str]:
    """The names of the items in a database that is not being served; it must pass the integrity check."""
    database = sqlite3.connect(path)
    try:
        assert [("ok",)] == database.execute("PRAGMA integrity_check").fetchall()
        return sorted(name for (name,) in database.execute("SELECT name FROM items"))
    finally:
        database.close()


def test_slow_requests_a_stalled_body_and_half_a_head(tmp_path: Path) -> None:
    """Twenty bodies that trickle in are answered; who sends nothing more holds up nothing but itself."""
    variables = {"REQUEST_BODY_TIMEOUT_SECONDS": "3", "SHUTDOWN_TIMEOUT_SECONDS": "20"}
    with (
        serving(tmp_path, variables) as server,
        Connection(server) as stalled,
        Connection(server) as half,
        creating(server, 20) as creates,
    ):
        stalled.send(request("POST", ITEMS, 100) + b'{"name":')
        half.send(b"GET /health/live HTTP/1.1\r\nHo")
        get(server, "/health/live")
        server.send(signal.SIGTERM)
        server.record(SHUTTING_DOWN)
        for create in creates:
            create.trickle()
        assert [201] * 20 == [create.finish().status for create in creates]
        assert 408 == stalled.receive().status
        assert 0 == server.wait()
        server.wait_until_gone()
        assert 408 == half.receive().status
        assert half.is_closed()
        assert [] == [record for record in server.records() if record["message"] == CUT_OFF]


def test_while_requests_are_finished_new_connections_are_refused(tmp_path: Path) -> None:
    """They are refused at once, instead of waiting for an answer that never comes."""
    with serving(tmp_path) as server, creating(server, 1) as creates:
        server.send(signal.SIGTERM)
        until(lambda: not accepts_connections(server))
        assert server.is_running
        assert 201 == creates[0].finish().status
        assert 0 == server.wait()


def test_while_draining_requests_are_answered_and_connections_closed(tmp_path: Path) -> None:
    """Readiness says 503 and why; everything else goes on, each answer asking its client to go."""
    with serving(tmp_path, {"SHUTDOWN_DRAIN_SECONDS": "3"}) as server, Connection(server) as kept:
        kept.send(request("GET", ITEMS))
        assert "connection" not in kept.receive().headers
        server.send(signal.SIGTERM)
        assert 3 == server.record(SHUTTING_DOWN)["drain_seconds"]
        probe = get(server, "/health/ready")
        assert (503, "shutting_down") == (probe.status, msgspec.json.decode(probe.body)["reason"])
        assert 200 == get(server, "/health/live").status
        kept.send(request("GET", ITEMS))
        answer = kept.receive()
        assert (200, "close") == (answer.status, answer.headers["connection"])
        assert kept.is_closed()
        assert 0 == server.wait()


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """Neither the drain nor requests under way are waited for: exit 1, nothing left behind."""
    variables = {"SHUTDOWN_DRAIN_SECONDS": "50", "SHUTDOWN_TIMEOUT_SECONDS": "300"}
    with serving(tmp_path, variables) as server, creating(server, 1) as creates:

        def has_ended() -> bool:
            # Within moments it would be the same word, told twice.
            server.send(signal.SIGINT)
            return not server.is_running

        until(has_ended)
        assert 1 == server.wait()
        server.wait_until_gone()
        assert not accepts_connections(server)
        assert "SIGINT" == server.record("A second signal: ending at once")["signal"]
        with pytest.raises((ConnectionEnded, OSError)):
            creates[0].finish()


def test_what_does_not_finish_in_time_is_cut_off_and_named(tmp_path: Path) -> None:
    """Exit 1, the request in the log with its id, and the store closed in order all the same."""
    path = tmp_path / "estuary.db"
    variables = {
        "DATABASE_URL": f"sqlite:///{path}",
        "REQUEST_BODY_TIMEOUT_SECONDS": "300",
        "SHUTDOWN_TIMEOUT_SECONDS": "1",
    }
    with serving(tmp_path, variables) as server, creating(server, 2) as creates:
        assert 201 == creates[0].finish().status
        server.send(signal.SIGTERM)
        requests = server.record(CUT_OFF)["requests"]
        assert 1 == len(requests)
        assert requests[0].startswith(f"POST {ITEMS} ")
        assert "request_id=" in requests[0]
        assert 1 == server.wait()
        server.wait_until_gone()
    # A closed store has brought its log home; to open the file, as below, would do that as well.
    assert not path.with_name("estuary.db-wal").exists()
    assert ["slow 0"] == names_in(path)


def test_a_worker_that_hangs_is_killed_at_the_timeout(tmp_path: Path) -> None:
    """Exit 1 and a line that says so: a process that answers to nothing cannot keep the others."""
    with serving(tmp_path, {"SHUTDOWN_TIMEOUT_SECONDS": "1"}) as server:
        (worker,) = server.workers
        os.kill(worker, signal.SIGSTOP)
        server.send(signal.SIGTERM)
        assert worker == server.record("Killing a worker that did not end in time")["worker"]
        assert 1 == server.wait()
        server.wait_until_gone()


def test_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    """A signal before the service is ready shuts down as orderly as one after it."""
    (tmp_path / "slow.py").write_text(
        "import pathlib, time\npathlib.Path('begun').touch()\n"
        "while not pathlib.Path('go').exists():\n    time.sleep(0.01)\n"
        "from estuary.core.items import ITEMS\n"
    )
    with started(tmp_path, {"RESOURCES": "slow:ITEMS"}) as server:
        until((tmp_path / "begun").exists)
        server.send(signal.SIGTERM)
        server.record(SHUTTING_DOWN)
        (tmp_path / "go").touch()
        assert 0 == server.wait()
        server.wait_until_gone()


def test_a_hang_up_means_nothing_without_a_terminal(tmp_path: Path) -> None:
    """A daemon goes on serving, and says that there is nothing to reload."""
    with serving(tmp_path) as server:
        server.send_to_all(signal.SIGHUP)
        server.record("SIGHUP does nothing here: restart Estuary to apply a changed configuration")
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()


def test_a_hang_up_at_a_terminal_ends_the_server(tmp_path: Path) -> None:
    """A window that was closed leaves no server behind."""
    ours, theirs = pty.openpty()
    with serving(tmp_path, stdin=theirs) as server:
        os.close(theirs)
        server.send_to_all(signal.SIGHUP)
        assert 0 == server.wait()
        server.wait_until_gone()
    os.close(ours)
