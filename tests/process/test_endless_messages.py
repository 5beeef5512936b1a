"""Messages without an end: each is refused when it is long enough, and costs other clients nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.endless import ENDLESS, Endless
from tests.support.http import Connection
from tests.support.probing import probed
from tests.support.process import Server, serving

SOAK = os.environ.get("ESTUARY_TEST_SOAK") == "1"
SIEGE_SECONDS = 60 if SOAK else 2
ENOUGH = 48 * 1024
"""Bytes of a message: more than the 32 KiB that may be there beside a body, and a few packets."""
UNHURRIED = {"REQUEST_BODY_TIMEOUT_SECONDS": "300", "REQUEST_HEAD_TIMEOUT_SECONDS": "300"}
"""So that it is the length that is refused."""
CHUNKED = (
    b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
PADDED = b'{"name":"boat"' + b" " * 60_000 + b"}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: whatever one message does must not harm the next."""
    with serving(tmp_path_factory.mktemp("endless"), UNHURRIED) as server:
        yield server


@pytest.mark.parametrize("message", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("packet", [1000, ENOUGH])
def test_what_does_not_end_is_refused(server: Server, message: Endless, packet: int) -> None:
    """At once, not when its time is up; with the envelope, and the connection ends."""
    data = message.sent(ENOUGH if b"\r\n \r\n" not in message.repeated else 2 * ENOUGH)
    with Connection(server) as connection:
        for at in range(0, len(data), packet):
            connection.send(data[at : at + packet])
        answer = connection.receive()
        assert (message.status, "close") == (answer.status, answer.headers["connection"])
        assert 200 == message.status or "BAD_REQUEST" == msgspec.json.decode(answer.body)["error"]
        assert connection.is_closed()


def chunks(data: bytes, size: int, extension: bytes = b"") -> bytes:
    """`data` in chunks of `size`, each with the extension (RFC 9112, 7.1.1)."""
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(b"%x%s\r\n%s\r\n" % (len(each), extension, each) for each in pieces) + b"0\r\n"


TOLERABLE = {
    "a chunk for each byte": chunks(PADDED, 1),
    "an extension for each kilobyte": chunks(PADDED, 1024, b";chunk-signature=" + b"a" * 64),
    "a long extension": chunks(PADDED, 30_000, b";a=" + b"b" * 10_000),
    "a long trailer": chunks(PADDED, 30_000) + b"X-Checksum: " + b"a" * 16_000 + b"\r\n",
    "many trailer fields": chunks(PADDED, 30_000) + b"X-T: a\r\n" * 1000,
}


@pytest.mark.parametrize("body", TOLERABLE.values(), ids=TOLERABLE)
def test_what_ends_in_time_is_taken(server: Server, body: bytes) -> None:
    """However a body is cut, and with what small things beside it; and the connection goes on."""
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(CHUNKED + body + b"\r\n")
            assert 201 == connection.receive().status


def test_others_are_answered_beside_them(tmp_path: Path) -> None:
    """One client sends nothing else, as fast as it can, and no probe fails or has to wait long.

    A trailer of 4 MB kept all others waiting for six seconds, one of 12 MB for a minute.
    """
    with serving(tmp_path) as server:
        command = [sys.executable, "-m", "tests.support.endless", str(server.port), str(SIEGE_SECONDS)]
        siege = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            probes = probed(server, siege, "/health/live")
            number = int(siege.communicate(timeout=30)[0])
        finally:
            siege.kill()
    sys.stdout.write(f"{probes}, beside {number} endless messages\n")
    assert {200} == probes.statuses
    assert probes.p99 <= 0.25 or not SOAK, str(probes)
