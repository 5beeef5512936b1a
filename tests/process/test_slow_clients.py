"""Clients that hold on to connections: each is closed by its deadline, and others do not wait for them."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.support.http import get, request
from tests.support.probing import probed
from tests.support.process import HOST, Server, serving, until

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SLOW = 250
"""Of each kind; there are four."""
IDLE = 3_000
LATE_SECONDS = 5.0
"""Deadlines are looked at twice a second, and this machine has other things to do."""
MIB = 2**20
DEADLINES = {
    "REQUEST_HEAD_TIMEOUT_SECONDS": "2",
    "REQUEST_BODY_TIMEOUT_SECONDS": "2",
    "KEEP_ALIVE_SECONDS": "3",
}
ITEMS = "/api/v1/items"
TINY = b"GET / HTTP/1.1\r\nHost:x\r\n\r\n"


@contextmanager
def connections(server: Server, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Connections on each of which `sent` was sent."""
    with ExitStack() as stack:
        made = []
        for _ in range(number):
            connection = stack.enter_context(socket.create_connection((HOST, server.port), timeout=30))
            connection.sendall(sent)
            made.append(connection)
        yield made


def ends(connection: socket.socket) -> bytes:
    """What came until the server closed; raises `TimeoutError` if it does not."""
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


@pytest.fixture(autouse=True)
def _many_descriptors() -> Iterator[None]:
    """The clients are this process's: it needs a descriptor for each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(16_384, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_thousand_slow_clients_are_let_go(tmp_path: Path) -> None:
    """Silent, half a head, half a body, or done: probes are answered beside them, each comes to an end."""
    half_body = request("POST", ITEMS, 100) + b'{"name":'
    with (
        serving(tmp_path, DEADLINES) as server,
        connections(server, SLOW, b"") as silent,
        connections(server, SLOW, b"GET /health/live HTTP/1.1\r\nHo") as heads,
        connections(server, SLOW, half_body) as bodies,
        connections(server, SLOW, request("GET", "/health/live")) as done,
    ):
        assert [200] * 20 == [get(server, "/health/ready").status for _ in range(20)]
        assert {b""} == {ends(each) for each in silent}
        assert {b"HTTP/1.1 408"} == {ends(each)[:12] for each in heads}
        assert {b"HTTP/1.1 408"} == {ends(each)[:12] for each in bodies}
        assert {b"HTTP/1.1 200"} == {ends(each)[:12] for each in done}
        assert b"http_requests_in_flight 1\n" in get(server, "/metrics").body


class Siege(NamedTuple):
    """So many clients of each kind for so long; each kind is let go within so many seconds."""

    variables: dict[str, str]
    number: int
    seconds: int
    deadlines: dict[str, float]


SIEGE = (
    Siege({}, 250, 60, {"silent": 10, "heads": 10, "bodies": 15, "readers": 30})
    if SOAK
    else Siege(DEADLINES, 50, 3, {"silent": 2, "heads": 2, "bodies": 2})
)


def test_probes_are_answered_while_slow_clients_come_again_and_again(tmp_path: Path) -> None:
    """A minute of a thousand: each is let go by its deadline, and no probe fails or has to wait long."""
    variables = {**SIEGE.variables, "DATABASE_URL": f"sqlite:///{tmp_path}/estuary.db"}
    with serving(tmp_path, variables) as server:
        assert {201} == {get_created(server) for _ in range(100)}
        words = [str(each) for each in (server.port, SIEGE.number, SIEGE.seconds)]
        siege = subprocess.Popen(
            [sys.executable, "-m", "tests.support.slow_clients", *words, *SIEGE.deadlines],
            stdout=subprocess.PIPE,
        )
        try:
            probes = probed(server, siege)
            let_go: dict[str, tuple[int, float]] = json.loads(siege.communicate(timeout=30)[0])
        finally:
            siege.kill()
        until(lambda: b"http_requests_in_flight 1\n" in get(server, "/metrics").body)
    assert {200} == probes.statuses
    assert all(times > SIEGE.number for times, _ in let_go.values())
    late = {kind: let_go[kind][1] - seconds for kind, seconds in SIEGE.deadlines.items()}
    assert {} == {kind: seconds for kind, seconds in late.items() if seconds > LATE_SECONDS}
    sys.stdout.write(f"{probes}; let go, and longest: {let_go}\n")
    assert probes.p99 <= 0.25 or not SOAK, str(probes)


def test_a_byte_now_and_then_does_not_help(tmp_path: Path) -> None:
    """The deadline is the whole head's: who trickles it in is told so and let go all the same."""
    with serving(tmp_path, DEADLINES) as server, connections(server, 20, b"GET / HTTP/1.1\r\nX: ") as slow:
        waiting = list(slow)
        begun = time.monotonic()
        while waiting and time.monotonic() - begun < 30:
            for connection in list(waiting):
                try:
                    connection.sendall(b"a")
                except (BrokenPipeError, ConnectionResetError):
                    waiting.remove(connection)
        assert [] == waiting


def test_who_does_not_take_its_answers_gets_no_more_of_them(tmp_path: Path) -> None:
    """A client that asks and asks and reads nothing is held, in bounded memory, and others are served."""
    with serving(tmp_path, DEADLINES) as server:
        for _ in range(100):
            assert 201 == get_created(server)
        (worker,) = server.workers
        before = psutil.Process(worker).memory_info().rss
        with (
            connections(server, 4, b"") as greedy,
            # What is small as bytes must not become large as requests.
            connections(server, 30, request("GET", f"{ITEMS}?limit=100") * 60 + TINY * 9000),
        ):
            for connection in greedy:
                connection.setblocking(False)
                send_until_held(connection, request("GET", f"{ITEMS}?limit=100") * 50)
            assert [200] * 20 == [get(server, "/health/ready").status for _ in range(20)]
            assert psutil.Process(worker).memory_info().rss - before < 64 * MIB
        until(lambda: b"http_requests_in_flight 1\n" in get(server, "/metrics").body)


def get_created(server: Server) -> int:
    """The status of one more item's creation."""
    body = b'{"name":"boat","description":"' + b"a" * 900 + b'"}'
    with socket.create_connection((HOST, server.port), timeout=30) as connection:
        connection.sendall(request("POST", ITEMS, len(body)) + body)
        return int(connection.recv(65536)[9:12])


def send_until_held(connection: socket.socket, data: bytes) -> None:
    """Send `data` repeatedly, until the server reads no more."""
    sent, held_since = 0, time.monotonic()
    while time.monotonic() - held_since < 1.0 and sent < 64 * MIB:
        try:
            sent += connection.send(data)
            held_since = time.monotonic()
        except BlockingIOError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return
    assert sent < 64 * MIB


def test_three_thousand_idle_connections_are_light(tmp_path: Path) -> None:
    """They and the processes that hold them fit in 128 MiB, and a probe is answered beside them."""
    with serving(tmp_path) as server, connections(server, IDLE, request("GET", "/health/live")) as idle:
        assert {b"HTTP/1.1 200"} == {each.recv(65536)[:12] for each in idle}
        assert 200 == get(server, "/health/ready").status
        processes = [server.pid, *server.workers]
        held = sum(psutil.Process(pid).memory_full_info().pss for pid in processes)
        sys.stdout.write(f"{IDLE} idle connections and their processes: {held / MIB:.1f} MiB\n")
        assert held < 128 * MIB
