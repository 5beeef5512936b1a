"""What is refused before it is a request counts against its client's limit like any other."""

from pathlib import Path

import msgspec
import pytest

from tests.support.http import Answer, Connection, get, request
from tests.support.process import Server, serving
from tests.support.servers.redis import redis_server

ITEMS = "/api/v1/items"
MOST = 3
LIMITED = {
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_MAX_REQUESTS": str(MOST),
    "RATE_LIMIT_WINDOW_SECONDS": "3600",
    "REQUEST_HEAD_TIMEOUT_SECONDS": "1",
}
REFUSED = {
    "an unknown method": (b"BREW /api/v1/items HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a method in lower case": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a malformed field": (b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400),
    "garbage": (b"\x00\x01\x02\r\n\r\n", 405),
    "no host": (b"GET /health HTTP/1.1\r\n\r\n", 400),
    "an expectation": (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n", 417),
    "a transfer coding": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    "a field without an end": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000, 431),
    "half a head": (b"GET / HTTP/1.1\r\nHost: a\r\n", 408),
}


def asked(server: Server, data: bytes) -> Answer:
    """The answer to what is sent on a new connection, which then ends."""
    with Connection(server) as connection:
        connection.send(data)
        answer = connection.receive()
        assert connection.is_closed()
        return answer


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_counts(tmp_path: Path, data: bytes, status: int) -> None:
    """It tells what is left, and when nothing is, 429 is said instead; probes go on."""
    with serving(tmp_path, LIMITED) as server:
        for number in range(MOST):
            answer = asked(server, data)
            assert (status, str(MOST - 1 - number)) == (
                answer.status,
                answer.headers["x-ratelimit-remaining"],
            )
        answer = asked(server, data)
        assert (429, "RATE_LIMIT_EXCEEDED") == (answer.status, msgspec.json.decode(answer.body)["error"])
        assert 429 == get(server, ITEMS).status
        assert 200 == get(server, "/health/live").status


def test_a_refusal_waits_for_a_limit_that_is_counted_elsewhere(tmp_path: Path) -> None:
    """Where the counting is not at once, what came before is answered before, and all of it counts."""
    with (
        redis_server() as redis,
        serving(tmp_path, {**LIMITED, "REDIS_URL": redis.url}) as server,
        Connection(server) as connection,
    ):
        connection.send(request("GET", ITEMS) + b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
        first, second = connection.receive(), connection.receive()
        assert [(200, "2"), (405, "1")] == [
            (each.status, each.headers["x-ratelimit-remaining"]) for each in (first, second)
        ]
        assert connection.is_closed()
