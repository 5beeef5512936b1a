"""Malformed messages, direct and behind nginx: refused in order, and nothing hidden in them is answered."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.malformed import MALFORMED, SMUGGLED
from tests.support.process import HOST, Server, free_port, serving, until
from tests.support.programs import require

CANARY = "canary"
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
_ANSWERED = re.compile(rb"x-request-id: (\S+)\r\n", re.IGNORECASE)

_NGINX = """
daemon off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    upstream estuary {{ server {host}:{server}; keepalive 4; }}
    server {{
        listen {host}:{port};
        location / {{ proxy_pass http://estuary; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: whatever one message does must not harm the next."""
    variables = {"REQUEST_BODY_TIMEOUT_SECONDS": "1", "REQUEST_HEAD_TIMEOUT_SECONDS": "1"}
    with serving(tmp_path_factory.mktemp("smuggling"), variables) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx in front of the server, which keeps its connections alive."""
    with nginx(server.port, tmp_path_factory.mktemp("nginx")) as port:
        yield port


@contextmanager
def nginx(server: int, folder: Path) -> Iterator[int]:
    """A real nginx in `folder`."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(host=HOST, server=server, port=port))
    binary = require("nginx", shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin"))
    command = [binary, "-e", "stderr", "-p", str(folder), "-c", str(configuration)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port))
            yield port
        finally:
            process.terminate()


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def canary(number: int) -> bytes:
    """A request that must be answered with its own id or not at all."""
    return (
        f"GET /health/live HTTP/1.1\r\nHost: a\r\nX-Request-Id: {CANARY}-{number}\r\n"
        "Connection: close\r\n\r\n"
    ).encode()


def conversation(port: int, data: bytes) -> bytes:
    """All that comes back for `data`, until the other side closes."""
    answered = b""
    with socket.create_connection((HOST, port), timeout=15) as connection:
        connection.sendall(data)
        try:
            while chunk := connection.recv(65536):
                answered += chunk
        except ConnectionResetError:
            pass
    return answered


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_hides_no_request(server: Server, message: bytes) -> None:
    """No 5xx, nothing hidden is answered, and a canary behind it is answered rightly or not at all.

    But 501 is said of a transfer coding that is not known (RFC 9112, 6.1).
    """
    answered = conversation(server.port, message + canary(1))
    statuses = [int(status) for status in _STATUS.findall(answered)]
    ids = [each.decode() for each in _ANSWERED.findall(answered)]
    assert statuses
    failures = {status for status in statuses if status >= 500}
    assert failures == ({501} if b"Transfer-Encoding" in message and 501 in statuses else set())
    assert SMUGGLED not in ids
    assert len(statuses) <= 2
    assert f"{CANARY}-1" not in ids or (ids[-1], statuses[-1]) == (f"{CANARY}-1", 200)


@pytest.mark.parametrize("message", MALFORMED.values(), ids=MALFORMED)
def test_nor_does_it_behind_a_proxy(proxy: int, message: bytes) -> None:
    """What nginx shares between its clients stays in step: nothing fails, the next gets its own answer.

    Where nginx reads a message's end before we would, what is hidden is to it this client's next request.
    """
    statuses = _STATUS.findall(conversation(proxy, message + canary(1)))
    assert set() == {b"500", b"502", b"503", b"504"} & set(statuses)
    for number in range(2, 5):
        reported = conversation(proxy, canary(number))
        assert [200] == [int(status) for status in _STATUS.findall(reported)]
        assert [f"{CANARY}-{number}"] == [each.decode() for each in _ANSWERED.findall(reported)]
