"""The RSGI adapter under people's own Granian."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx

from tests.support.process import HOST, TIMEOUT_SECONDS, until


def test_granian_serves_the_service(tmp_path: Path) -> None:
    """Items are created, read back and refused as they should be, and the file is there afterwards."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'items.db'}", "CONSOLE": "api"}
    command = [
        *(sys.executable, "-m", "granian", "estuary.app:rsgi", "--factory", "--interface", "rsgi"),
        *("--host", HOST, "--port", str(port), "--loop", "uvloop", "--http", "1", "--no-ws"),
    ]
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=log) as server,
        httpx.Client(base_url=f"http://{HOST}:{port}", timeout=TIMEOUT_SECONDS) as client,
    ):
        try:
            until(lambda: _answers(client))
            created = client.post("/api/v1/items", json={"name": "boat"})
            assert (201, "DENY") == (created.status_code, created.headers["x-frame-options"])
            assert created.json() == client.get(created.headers["location"]).json()
            assert 422 == client.post("/api/v1/items", json={"name": ""}).status_code
            assert "trusted-types 'none'" in client.get("/console/").headers["content-security-policy"]
            assert HEADS == {head: reported(port, head) for head in HEADS}
        finally:
            server.terminate()
    assert (tmp_path / "items.db").stat().st_size > 0


HEADS = {
    b"OPTIONS / HTTP/1.0\r\n\r\n": 204,
    b"GET / HTTP/1.1\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n": 400,
    b"GET /health%252Flive HTTP/1.1\r\nHost: a\r\n\r\n": 404,
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n": 204,
}


def reported(port: int, head: bytes) -> int:
    """The status of the answer to a head that no client library would send."""
    with socket.create_connection((HOST, port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(head)
        return int(connection.recv(65536)[9:12])


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False
