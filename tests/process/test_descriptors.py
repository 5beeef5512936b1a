"""More clients than the system has descriptors for: new clients are served, the log says what is short."""

import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil
import pytest

from tests.support.http import Connection, get, request
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, free_port, serving, until

LIVE = request("GET", "/health/live")
PREFLIGHT = (
    b"OPTIONS /api/v1/items HTTP/1.1\r\nHost: a\r\nOrigin: https://page.example\r\n"
    b"Access-Control-Request-Method: POST\r\n\r\n"
)
HALF_BODY = request("POST", "/api/v1/items", 15)
SOFT, HARD = 64, 256
ROOM = 192
MOST = 16
FULL = "connections are full: the longest idle one goes"


def limited(soft: int, hard: int) -> Callable[[], None]:
    """What sets a process's limits before it becomes a server."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def connected(server: Server, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many clients that came at once, each of which sent this and waits."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(number)]
        for client in clients:
            client.settimeout(TIMEOUT_SECONDS)
            client.connect((HOST, server.port))
            client.sendall(sent)
        yield clients


def statuses(clients: list[socket.socket]) -> set[bytes]:
    """What each is told first."""
    return {client.recv(65536)[9:12] for client in clients}


class Operators(NamedTuple):
    """Where they ask, whatever goes on elsewhere."""

    port: int


def is_closed(client: socket.socket) -> bool:
    """Whether the server closed it, waited for."""
    try:
        return client.recv(65536) == b""
    except ConnectionResetError:
        return True


def test_the_soft_limit_is_raised(tmp_path: Path) -> None:
    """To the hard one, for the supervisor and for its workers; nothing is logged where that is enough."""
    with serving(tmp_path, {"MAX_CONNECTIONS": "100"}, preexec_fn=limited(SOFT, HARD)) as server:
        for process in (server.pid, *server.workers):
            assert (HARD, HARD) == resource.prlimit(process, resource.RLIMIT_NOFILE)
        assert [] == [each for each in server.records() if each["level"] == "WARN"]


@pytest.mark.parametrize("workers", [1, 2])
def test_every_client_that_comes_is_served(tmp_path: Path, workers: int) -> None:
    """Idle connections go, the longest idle one first; it is said once, and so is what bounds them."""
    variables = {"DATABASE_URL": f"sqlite:///{tmp_path}/estuary.db", "WORKERS": str(workers)}
    with serving(tmp_path, variables, preexec_fn=limited(SOFT, HARD)) as server:
        said = server.record("MAX_CONNECTIONS is more than the limit on open files has room for")
        assert {"max_connections": 4096, "held_at_most": ROOM, "open_files": HARD}.items() <= said.items()
        number = 2 * workers * ROOM
        with connected(server, number, LIVE) as first, connected(server, 100, LIVE) as second:
            assert {b"200"} == statuses(first)
            assert {b"200"} == statuses(second)
            for worker in server.workers:
                assert psutil.Process(worker).num_fds() < HARD
            if workers == 1:
                assert all(is_closed(each) for each in first[: number - ROOM])
        told = server.record(FULL, limit=ROOM)
        assert "WARN" == told["level"]
        assert len([each for each in server.records() if each.get("message") == FULL]) <= workers


def test_newcomers_do_not_go_for_each_other(tmp_path: Path) -> None:
    """Of many that come at once, each has its answer, though more were there before than may stay."""
    with (
        serving(tmp_path, {"MAX_CONNECTIONS": str(MOST)}) as server,
        connected(server, MOST, LIVE) as before,
    ):
        assert {b"200"} == statuses(before)
        with connected(server, MOST, LIVE) as new_clients:
            assert {b"200"} == statuses(new_clients)


def test_where_all_are_busy_a_newcomer_is_told_so(tmp_path: Path) -> None:
    """503 with `Retry-After`, as an answer to what it asks, or after a moment if it asks nothing."""
    operators = Operators(free_port())
    variables = {
        "MAX_CONNECTIONS": str(MOST),
        "CORS_ALLOWED_ORIGINS": "https://page.example,https://b.example",
        "ADMIN_PORT": str(operators.port),
    }
    with serving(tmp_path, variables) as server, connected(server, MOST, HALF_BODY):
        until(lambda: b"http_requests_in_flight 17\n" in get(operators, "/metrics").body)
        with Connection(server) as preflight:
            preflight.send(PREFLIGHT)
            assert 204 == preflight.receive().status
        with Connection(server) as silent, Connection(server) as asking:
            asking.send(LIVE[:-2] + b"Origin: https://page.example\r\n\r\n")
            for each in (asking, silent):
                answer = each.receive()
                assert (503, "1", "close") == (
                    answer.status,
                    answer.headers["retry-after"],
                    answer.headers["connection"],
                )
                assert "SERVICE_UNAVAILABLE" == msgspec.json.decode(answer.body)["error"]
                assert each.is_closed()
                if each is asking:
                    assert "https://page.example" == answer.headers["access-control-allow-origin"]
        # Far more than are told so at a time: they wait, and each has its turn.
        with connected(server, 5 * MOST, LIVE) as many:
            assert {b"503"} == statuses(many)


def test_a_system_without_descriptors(tmp_path: Path) -> None:
    """The connection waits, an idle one goes for it, and the log says what the system said."""
    with serving(tmp_path) as server, connected(server, 5, LIVE) as idle:
        assert {b"200"} == statuses(idle)
        (worker,) = server.workers
        _, hard = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        taken = psutil.Process(worker).num_fds()
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (taken, hard))
        with connected(server, 3, LIVE) as new_clients:
            assert {b"200"} == statuses(new_clients)
        said = server.record("no connection can be accepted", reason="Too many open files")
        assert "WARN" == said["level"]
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (hard, hard))
        until(lambda: psutil.Process(worker).num_fds() < taken)
