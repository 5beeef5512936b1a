"""Behind an HAProxy that shares its connections between clients, and probes as it does by default."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.http import get
from tests.support.process import HOST, Server, free_port, serving, until
from tests.support.programs import require

LIVE = "/health/live"
OTHERS = 18
CONFIGURATION = """
global
    maxconn 256
defaults
    mode http
    timeout connect 5s
    timeout client 20s
    timeout server 20s
    http-reuse always
frontend clients
    bind {host}:{port}
    default_backend estuary
backend estuary
    option httpchk
    server estuary {host}:{server} check inter 50ms fall 1
"""
CONNECTS = {
    "an authority": b"CONNECT estuary.test:80 HTTP/1.1\r\nHost: estuary.test:80\r\n\r\n",
    "and more": b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
}


class Proxy(NamedTuple):
    """Where clients ask."""

    port: int


@contextmanager
def haproxy(server: int, folder: Path) -> Iterator[Proxy]:
    """A real HAProxy in front of that port."""
    proxy = Proxy(free_port())
    configuration = folder / "haproxy.cfg"
    configuration.write_text(CONFIGURATION.format(host=HOST, server=server, port=proxy.port))
    binary = require("haproxy", shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin"))
    command = [binary, "-q", "-db", "-f", str(configuration)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: answers(proxy))
            yield proxy
        finally:
            process.terminate()


def answers(proxy: Proxy) -> bool:
    """Whether it listens, and its server is there."""
    with suppress(ConnectionError):
        return get(proxy, LIVE).status == 200
    return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that logs each request."""
    with serving(tmp_path) as server:
        yield server


def test_its_default_probe_is_answered(server: Server, tmp_path: Path) -> None:
    """`OPTIONS / HTTP/1.0` without Host: the server stays in use, however often it is asked."""
    with haproxy(server.port, tmp_path) as proxy:
        until(lambda: 5 <= sum(each.get("method") == "OPTIONS" for each in server.records()))
        probed = [each["status"] for each in server.records() if each.get("method") == "OPTIONS"]
        assert {204} == set(probed)
        assert 200 == get(proxy, LIVE).status


@pytest.mark.parametrize("connect", CONNECTS.values(), ids=CONNECTS)
def test_a_connect_harms_no_other_client(server: Server, tmp_path: Path, connect: bytes) -> None:
    """The connection that it went over is closed, and no other client's request hangs on it."""
    with haproxy(server.port, tmp_path) as proxy, socket.create_connection((HOST, proxy.port)) as client:
        client.sendall(connect)
        statuses = [get(proxy, LIVE).status for _ in range(OTHERS)]
        assert client.recv(65536).startswith(b"HTTP/1.1 405 ")
        statuses += [get(proxy, LIVE).status for _ in range(OTHERS)]
        assert [200] * 2 * OTHERS == statuses
