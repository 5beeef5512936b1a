"""CORS on every answer: a page must be told what was refused and when to come again, not "CORS error"."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.http import Answer, Connection, get, request
from tests.support.process import Server, free_port, serving, until

ITEMS = "/api/v1/items"
PAGE = "https://page.example"
ORIGIN = f"Origin: {PAGE}\r\n".encode()
START = b"GET /api/v1/items HTTP/1.1\r\nHost: a\r\n" + ORIGIN
POST = b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + ORIGIN
PREFLIGHT = (
    b"OPTIONS /api/v1/items HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: POST\r\n"
    + ORIGIN
    + b"\r\n"
)
IN_DEADLINES = {"REQUEST_HEAD_TIMEOUT_SECONDS": "1", "REQUEST_BODY_TIMEOUT_SECONDS": "1"}

REFUSED = {
    "a malformed field": (START + b"X: a\r\nnonsense\r\n\r\n", 400),
    "an invalid host": (b"GET / HTTP/1.1\r\nHost: a b\r\n" + ORIGIN + b"\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n" + ORIGIN + b"\r\n", 400),
    "two hosts": (START + b"Host: a\r\n\r\n", 400),
    "CONNECT": (b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n" + ORIGIN + b"\r\n", 405),
    "half a head": (START + b"X-", 408),
    "half a body": (POST + b"Content-Length: 15\r\n\r\n{", 408),
    "too long a URL": (START.replace(b"/items", b"/items?" + b"a" * 9000) + b"\r\n", 414),
    "an expectation": (START + b"Expect: 200-ok\r\n\r\n", 417),
    "too long a field": (START + b"X: " + b"a" * 17_000 + b"\r\n\r\n", 431),
    "a field without an end": (START + b"X: " + b"a" * 40_000, 431),
    "too many fields": (START + b"X: a\r\n" * 200 + b"\r\n", 431),
    "a trailer without an end": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 40_000,
        431,
    ),
    "a transfer coding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
}
ORIGINS = {"listed": f"{PAGE},https://other.example", "any": "*"}


@pytest.fixture(scope="module", params=list(ORIGINS.values()), ids=list(ORIGINS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all, of each way to name origins."""
    variables = {**IN_DEADLINES, "CORS_ALLOWED_ORIGINS": request.param}
    with serving(tmp_path_factory.mktemp("cors"), variables) as server:
        yield server


class Operators(NamedTuple):
    """Where they ask."""

    port: int


def asked(server: Server, data: bytes) -> Answer:
    """The answer to what is sent on a new connection."""
    with Connection(server) as connection:
        connection.send(data)
        return connection.receive()


def check_granted(answer: Answer) -> None:
    """A page may read the answer, and what it has to know of it."""
    assert answer.headers["access-control-allow-origin"] in (PAGE, "*")
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    wanted = {"Allow", "WWW-Authenticate", "Retry-After", "X-Request-Id", "ETag", "Location", "RateLimit"}
    assert set() == wanted - set(exposed)


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_before_any_guard_is_told_to_its_page(
    server: Server, data: bytes, status: int
) -> None:
    """Whatever is wrong with the head, or with its time."""
    answer = asked(server, data)
    assert answer.status == status
    check_granted(answer)


def test_blanks_make_no_other_origin(server: Server) -> None:
    """RFC 9110, 5.5."""
    check_granted(asked(server, START.replace(PAGE.encode(), PAGE.encode() + b" \t ") + b"\r\n"))


def test_the_operators_port_is_for_no_page(tmp_path: Path) -> None:
    """What only operators may see is not for pages in their browser, even where any may call the API."""
    operators = Operators(free_port())
    variables = {"CORS_ALLOWED_ORIGINS": "*", "ADMIN_PORT": str(operators.port)}
    with serving(tmp_path, variables), Connection(operators) as connection:
        connection.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n" + ORIGIN + b"\r\n")
        assert "access-control-allow-origin" not in connection.receive().headers


def test_an_origin_that_is_not_known_yet(tmp_path: Path) -> None:
    """Where only one page could be granted anything, a head that breaks off before its origin is its."""
    broken = b"GET /" + b"a" * 40_000
    with serving(tmp_path, {"CORS_ALLOWED_ORIGINS": PAGE}) as server:
        alone = asked(server, broken)
        check_granted(alone)
        assert "access-control-allow-origin" not in get(server, ITEMS).headers
    with serving(tmp_path, {"CORS_ALLOWED_ORIGINS": ORIGINS["listed"]}) as server:
        assert "access-control-allow-origin" not in asked(server, broken).headers


@contextmanager
def busy(server: Server) -> Iterator[None]:
    """A request is in flight: its body is waited for."""
    with Connection(server) as connection:
        connection.send(request("POST", ITEMS, 15))
        until(lambda: b"http_requests_in_flight 2\n" in get(server, "/metrics").body)
        yield


def test_a_preflight_passes_an_overload(tmp_path: Path) -> None:
    """What follows it is shed: 503 with `Retry-After`, which its page can read."""
    variables = {"CORS_ALLOWED_ORIGINS": PAGE, "MAX_IN_FLIGHT": "1"}
    with serving(tmp_path, variables) as server, busy(server):
        preflight = asked(server, PREFLIGHT)
        assert (204, "GET, HEAD, POST, QUERY, OPTIONS") == (
            preflight.status,
            preflight.headers["access-control-allow-methods"],
        )
        check_granted(preflight)
        shed = asked(server, START + b"\r\n")
        assert (503, "1") == (shed.status, shed.headers["retry-after"])
        check_granted(shed)


def test_a_preflight_is_answered_whatever_would_be_said_of_the_rest(server: Server) -> None:
    """For a path that is unknown and one that is too long, so that the page is told so."""
    for path in (b"/nothing", b"/api/v1/items?" + b"a" * 9000):
        answer = asked(server, PREFLIGHT.replace(b"/api/v1/items", path))
        assert 204 == answer.status
        assert "POST" in answer.headers["access-control-allow-methods"]
        check_granted(answer)
        refused = asked(server, START.replace(b"/api/v1/items", path) + b"\r\n")
        assert refused.status in (404, 414)
        check_granted(refused)
