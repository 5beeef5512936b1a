"""The operators' own port in a real service: what it shows, how long, and when it cannot be had."""

import http.client
import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import accepts_connections, get
from tests.support.process import HOST, free_port, serving, started, until


def asked(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Status and body of a GET on a port of this machine."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def total(port: int, name: str) -> float:
    """The sum of a metric's series."""
    _, text = asked(port, "/metrics")
    lines = [line for line in text.splitlines() if line.startswith(f"{name}{{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_metrics_are_on_their_own_port_alone(tmp_path: Path, workers: str) -> None:
    """The figures are the whole service's; the service's port has none, and there is no API beside them."""
    port = free_port()
    with serving(
        tmp_path, {"DATABASE_TYPE": "sqlite", "ADMIN_PORT": str(port), "WORKERS": workers}
    ) as server:
        assert f"http://{HOST}:{port}" == server.record("Estuary is ready")["admin_address"]
        for _ in range(10):
            assert 200 == get(server, "/api/v1/items").status
        assert 404 == get(server, "/metrics").status
        assert {"status", "timestamp"} == set(json.loads(get(server, "/health").body))
        until(lambda: total(port, "http_requests_total") >= 10)
        status, text = asked(port, "/health")
        details: dict[str, Any] = json.loads(text)
        assert (200, True) == (status, details["database"]["connected"])
        assert 404 == asked(port, "/api/v1/items")[0]
        assert 0 == server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=5)


def test_the_console_has_the_api_beside_it(tmp_path: Path) -> None:
    """On that port alone; requests there count as any, and a stop finishes what is under way on both."""
    port = free_port()
    with serving(tmp_path, {"ADMIN_PORT": str(port), "CONSOLE": "admin"}) as server:
        status, page = asked(port, "/console/")
        assert (200, True) == (status, "<title>" in page)
        assert 404 == get(server, "/console/").status
        assert 200 == asked(port, "/api/v1/items")[0]
        until(lambda: total(port, "http_requests_total") >= 3)
        assert 0 == server.stop()


def test_it_answers_while_the_service_drains(tmp_path: Path) -> None:
    """Who watches a service go sees it to its end: readiness is 503 there too, metrics go on."""
    port = free_port()
    with serving(tmp_path, {"ADMIN_PORT": str(port), "SHUTDOWN_DRAIN_SECONDS": "2"}) as server:
        server.send(signal.SIGTERM)
        until(lambda: asked(port, "/health/ready")[0] == 503)
        assert 200 == asked(port, "/metrics")[0]
        assert 0 == server.wait()


def test_a_port_that_is_in_use_is_named(tmp_path: Path) -> None:
    """Exit 1 with the variables' names, and the service's own port is not kept."""
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with started(tmp_path, {"ADMIN_PORT": str(port)}) as server:
            assert 1 == server.wait()
            message = f"estuary: ADMIN_PORT {port} on ADMIN_HOST 127.0.0.1 is in use; "
            assert message + "stop what is listening there, or set another ADMIN_PORT" == server.err.text
            assert not accepts_connections(server)


def test_a_token_guards_it_too(tmp_path: Path) -> None:
    """Both together: the port for who can reach it, the token for who may."""
    port, token = free_port(), "scrape-me-if-you-can"
    (tmp_path / "token").write_text(f"{token}\n")
    with serving(tmp_path, {"ADMIN_PORT": str(port), "METRICS_TOKEN_FILE": "token"}) as server:
        assert 401 == asked(port, "/metrics")[0]
        assert 200 == asked(port, "/metrics", Authorization=f"Bearer {token}")[0]
        assert 0 == server.stop()
        assert token not in server.out.text + server.err.text
