"""Starting: the ready line tells the truth, and what cannot start says why and leaves nothing behind."""

import json
import os
import pty
import signal
import socket
import sqlite3
import sys
from pathlib import Path

import pytest

from estuary import __version__
from estuary.core.build import COMPILED
from tests.support.http import accepts_connections, get, post
from tests.support.process import HOST, READY, Output, Server, serving, started, until

COLLECTS = """
import gc
from msgspec import Struct
from estuary import Hooks, Resource

class Trial(Struct, frozen=True):
    collects: bool = False

PROBES = Resource("probes", Trial, hooks=Hooks(before_create=lambda _, __: Trial(gc.isenabled())))
"""

DIES_AT_IMPORT = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"

AS_SERVICE_MANAGER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def refused(server: Server) -> tuple[int, list[str]]:
    """How a server that could not start ended: its exit code and the lines on standard error."""
    code = server.wait()
    server.wait_until_gone()
    return code, server.err.text.splitlines()


@pytest.mark.parametrize(
    ("variables", "store"),
    [
        ({"DATABASE_TYPE": "memory"}, "memory"),
        ({"DATABASE_TYPE": "sqlite"}, "sqlite data/estuary.db"),
    ],
)
def test_the_ready_line_says_where_it_is_and_the_next_request_is_answered(
    tmp_path: Path, variables: dict[str, str], store: str
) -> None:
    """It names the address, the store, what is served and the build; after it, requests are answered."""
    production = {"APP_PROFILE": "production", "SHUTDOWN_DRAIN_SECONDS": "0"}
    with serving(tmp_path, {**variables, **production}) as server:
        reported = server.record(READY)
        assert 200 == get(server, "/health/ready").status
        assert {
            "level": "INFO",
            "address": server.origin,
            "store": store,
            "resources": "estuary:ITEMS",
            "profile": "production",
            "version": __version__,
            "compiled": COMPILED,
            "pid": server.pid,
        }.items() <= reported.items()
        assert 0 == server.stop()
        assert "" == server.err.text
        fails = [record for record in server.records() if record["message"] == "security checklist"]
        assert {("WARN", "estuary::config")} == {(each["level"], each["target"]) for each in fails}
        assert all(each["fails"] and each["reason"] and each["mend"] for each in fails)


def test_a_person_at_a_terminal_can_read_the_ready_line(tmp_path: Path) -> None:
    """In development a terminal shows lines for people, with the same facts."""
    ours, theirs = pty.openpty()
    with started(tmp_path, {"LOG_FORMAT": "auto"}, stdout=theirs) as server:
        os.close(theirs)
        shown = Output(os.fdopen(ours, "rb"))
        line = shown.wait_for(lambda line: READY in line)
        assert line is not None
        assert not line.startswith("{")
        assert server.origin in line
        assert 0 == server.stop()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Exit 1 and one line with HOST, PORT and what to do; even where the other one allows sharing."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with started(tmp_path, {"PORT": str(port)}) as server:
            code, lines = refused(server)
    assert 1 == code
    assert [
        f"estuary: PORT {port} on HOST {HOST} is in use; stop what is listening there, or set another PORT"
    ] == lines


def test_two_servers_never_share_a_port(tmp_path: Path) -> None:
    """The second one is refused: it would take half of the requests to another store."""
    with serving(tmp_path) as first, started(tmp_path, {"PORT": str(first.port)}) as second:
        code, lines = refused(second)
        assert (1, 1) == (code, len(lines))
        assert 200 == get(first, "/health/live").status


def test_an_address_of_another_machine_is_named(tmp_path: Path) -> None:
    """Exit 1 and one line that names HOST."""
    with started(tmp_path, {"HOST": "192.0.2.1"}) as server:
        code, lines = refused(server)
    assert 1 == code
    assert ["estuary: HOST 192.0.2.1 is not an address of this machine; 0.0.0.0 means all of them"] == lines


def test_a_store_that_cannot_be_opened_ends_the_start(tmp_path: Path) -> None:
    """Exit 1 after one attempt, with one line that says what is wrong and no stack trace.

    The log announces neither that it is ready, nor that it waits for the store or tries again.
    """
    (tmp_path / "notes.db").write_bytes(b"These are my notes, and no database at all. " * 100)
    variables = {"DATABASE_URL": "sqlite:///notes.db", "LOG_FILTER": "estuary::store=debug"}
    with started(tmp_path, variables) as server:
        code, lines = refused(server)
        assert "" == server.out.text
    assert (1, 1) == (code, len(lines)), lines
    assert lines[0].startswith("estuary: ")
    assert "notes.db" in lines[0]


def test_a_newer_schema_ends_the_start_and_is_left_alone(tmp_path: Path) -> None:
    """What another version of Estuary has written is neither served nor changed."""
    path = tmp_path / "estuary.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE items (id TEXT PRIMARY KEY, something_else TEXT)")
    database.commit()
    database.close()
    before = path.read_bytes()
    with started(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}) as server:
        code, lines = refused(server)
    assert (1, 1) == (code, len(lines)), lines
    assert before == path.read_bytes()


def test_a_wrong_value_is_a_configuration_error(tmp_path: Path) -> None:
    """Exit 2, and the variable is named."""
    with started(tmp_path, {"SHUTDOWN_TIMEOUT_SECONDS": "301"}) as server:
        code, lines = refused(server)
    assert 2 == code
    assert "SHUTDOWN_TIMEOUT_SECONDS" in "\n".join(lines)


def test_a_resource_that_does_not_exist_is_a_configuration_error(tmp_path: Path) -> None:
    """Exit 2 and one line that names RESOURCES: only the worker, which imports it, could find that out."""
    with started(tmp_path, {"RESOURCES": "nowhere:THINGS"}) as server:
        code, lines = refused(server)
    assert (2, 1) == (code, len(lines)), lines
    assert "RESOURCES" in lines[0]


def test_a_worker_that_dies_at_once_ends_the_start(tmp_path: Path) -> None:
    """There is no loop of replacements: exit 1 and how the worker ended."""
    (tmp_path / "explosive.py").write_text(DIES_AT_IMPORT)
    with started(tmp_path, {"RESOURCES": "explosive:THINGS"}) as server:
        code, lines = refused(server)
    assert 1 == code
    assert ["estuary: a worker ended before it was ready: killed by SIGKILL"] == lines


@pytest.mark.parametrize("workers", ["1", "2"])
def test_garbage_is_collected_once_requests_are_served(tmp_path: Path, workers: str) -> None:
    """The collector rests only while modules are imported and the service is built."""
    (tmp_path / "probed.py").write_text(COLLECTS)
    sqlite = {"DATABASE_URL": "sqlite:///probes.db"}  # several workers cannot share the memory store
    with serving(tmp_path, {**sqlite, "RESOURCES": "probed:PROBES", "WORKERS": workers}) as server:
        assert json.loads(post(server, "/api/v1/probes", b"{}").body)["collects"]
        assert 0 == server.stop()


def test_the_socket_of_a_service_manager_is_served(tmp_path: Path) -> None:
    """With LISTEN_FDS the port is the service manager's; ours is not opened."""
    with socket.create_server((HOST, 0)) as passed:
        fd, port = passed.fileno(), passed.getsockname()[1]
        command = (sys.executable, "-c", AS_SERVICE_MANAGER, str(fd), *Server.COMMAND)
        with started(tmp_path, {"LISTEN_FDS": "1"}, command=command, pass_fds=(fd,)) as server:
            reported = server.wait_until_ready()
            assert f"http://{HOST}:{port}" == reported["address"]
            assert 200 == get(server, "/health/live").status
            assert 0 == server.stop()


def test_standard_streams_may_be_closed(tmp_path: Path) -> None:
    """All three: requests are answered, records kept, no socket or file takes a stream's place, exit 0."""
    closed = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *Server.COMMAND)
    path = tmp_path / "estuary.db"
    with started(tmp_path, {"DATABASE_URL": f"sqlite:///{path}"}, command=closed) as server:
        until(lambda: accepts_connections(server))
        assert 201 == post(server, "/api/v1/items", b'{"name":"boat"}').status
        for process in (server.pid, *server.workers):
            streams = {Path(f"/proc/{process}/fd/{number}").readlink() for number in range(3)}
            assert {Path(os.devnull)} == streams
        server.send(signal.SIGHUP)
        assert 200 == get(server, "/health/ready").status
        assert 0 == server.stop()
    database = sqlite3.connect(path)
    assert [("boat",)] == database.execute("SELECT name FROM items").fetchall()
    database.close()


def test_the_log_tells_what_was_set_and_what_the_store_does_at_debug(tmp_path: Path) -> None:
    """With no secret in it; at info it logs nothing of it."""
    secret = "sesame-open-up-0123456789"
    variables = {"METRICS_TOKEN": secret, "DATABASE_TYPE": "sqlite", "RATE_LIMIT_ENABLED": "true"}
    more = {"RATE_LIMIT_MAX_REQUESTS": "2", "LOG_FILTER": "estuary=debug"}
    for wanted in (more, {**more, "LOG_FILTER": "estuary=info"}):
        with serving(tmp_path, {**variables, **wanted}) as server:
            assert [201, 200, 429] == [
                post(server, "/api/v1/items", b'{"name":"boat"}').status,
                get(server, "/api/v1/items").status,
                get(server, "/api/v1/items").status,
            ]
            assert 0 == server.stop()
            assert secret not in server.out.text + server.err.text
            debug = [each for each in server.records() if each["level"] == "DEBUG"]
        if wanted is more:
            reported = {(each["target"], each["message"]) for each in debug}
            assert {
                ("estuary::config", "set"),
                ("estuary::store", "store queried"),
                ("estuary::store", "connections to the store"),
                ("estuary::http", "a request was over the rate limit"),
                ("estuary::http", "connection opened"),
                ("estuary::http", "connection closed"),
            } <= reported
            closed = [each for each in debug if each["message"] == "connection closed"]
            assert 3 == sum(each["requests"] for each in closed)
            assert [] == [each for each in closed if HOST in str(each.values())]
            settings = {each["name"]: each["value"] for each in debug if each["message"] == "set"}
            assert ("2", "[hidden]") == (settings["RATE_LIMIT_MAX_REQUESTS"], settings["METRICS_TOKEN"])
            operations = [each["operation"] for each in debug if each["message"] == "store queried"]
            assert ["insert", "slice"] == operations
        else:
            assert [] == debug


def test_a_log_filter_that_would_silence_everything_is_a_mistake(tmp_path: Path) -> None:
    """Exit 2: `warning` is no level, and what is allowed is said."""
    with started(tmp_path, {"LOG_FILTER": "warning"}) as server:
        code, lines = refused(server)
    assert 2 == code
    assert "LOG_FILTER" in "\n".join(lines)


@pytest.mark.parametrize("full", [True, False], ids=["full", "closed"])
def test_a_log_that_cannot_be_written_does_not_stop_the_service(tmp_path: Path, *, full: bool) -> None:
    """A full disk, or a pipe that is read no more, behind both streams: lines are lost, and counted."""
    read, write = os.pipe()
    os.close(read)
    if full:
        os.close(write)
        write = os.open("/dev/full", os.O_WRONLY)
    with started(tmp_path, stdout=write, stderr=write) as server:
        os.close(write)
        until(lambda: accepts_connections(server))
        assert 200 == get(server, "/api/v1/items").status
        until(lambda: b"\nlog_lines_dropped_total 0" not in get(server, "/metrics").body)
        assert 0 == server.stop()


def test_the_exit_code_is_right_where_standard_error_cannot_be_written(tmp_path: Path) -> None:
    """Standard error that takes nothing, or is never read, changes neither the code nor that it ends."""
    read, write = os.pipe()
    os.close(read)
    with started(tmp_path, {"RESOURCES": "nowhere:THINGS"}, stdout=write, stderr=write) as server:
        os.close(write)
        assert 2 == server.wait()
