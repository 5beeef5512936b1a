"""Heads as RFC 9110 and RFC 9112 have them: what is served, what is refused, and with which status."""

import socket
from collections.abc import Iterator

import msgspec
import pytest

from tests.support.http import Answer, Connection, get, request
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, serving

ITEMS = "/api/v1/items"
ITEM = b'{"name":"boat"}'
CHUNKS = b"f\r\n" + ITEM + b"\r\n0\r\n"
"""The item as a chunked body, but for the trailer and its end."""
LIVE = "/health/live"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: whatever one test sends must not harm the next."""
    with serving(tmp_path_factory.mktemp("heads"), {"REQUEST_BODY_TIMEOUT_SECONDS": "5"}) as server:
        yield server


def asked(server: Server, head: bytes) -> Answer:
    """The answer to what is sent on a new connection."""
    with Connection(server) as connection:
        connection.send(head)
        return connection.receive()


def message_of(answer: Answer) -> str:
    """What an error says."""
    document: dict[str, str] = msgspec.json.decode(answer.body)
    return document["message"]


OLD = {
    "HAProxy's and others' default": (b"OPTIONS / HTTP/1.0\r\n\r\n", 204),
    "a health check": (b"GET /health/ready HTTP/1.0\r\n\r\n", 200),
    "an empty Host": (b"GET /health/live HTTP/1.0\r\nHost:\r\n\r\n", 200),
    "a Host": (b"GET /health/live HTTP/1.0\r\nHost: a:80\r\n\r\n", 200),
    "an invalid Host": (b"GET /health/live HTTP/1.0\r\nHost: a b\r\n\r\n", 400),
}


@pytest.mark.parametrize(("head", "status"), OLD.values(), ids=OLD)
def test_http_1_0_needs_no_host(server: Server, head: bytes, status: int) -> None:
    """RFC 9112, 3.2: only 1.1 demands one; balancers' probes are served, and the connection ends."""
    with Connection(server) as connection:
        connection.send(head)
        answer = connection.receive()
        assert (status, "close", True) == (
            answer.status,
            answer.headers["connection"],
            connection.is_closed(),
        )


VALID_HOSTS = [
    *("a", "estuary.test", "estuary.test:8080", "estuary.test:", "under_score.test", "127.0.0.1:80"),
    *("[::1]", "[::1]:80", "[2001:db8::1.2.3.4]", "[v1.fe80::a+en1]", "a%20b", "ESTUARY.test.", "a;b=c"),
]


@pytest.mark.parametrize("host", VALID_HOSTS)
def test_a_valid_host_is_taken(server: Server, host: str) -> None:
    """RFC 3986, 3.2.2: names, addresses, and a port, which may be empty."""
    for _ in range(2):
        assert 200 == asked(server, f"GET {LIVE} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).status


INVALID_HOSTS = [
    *("a b", "user@x", "user:word@x", "[::1", "::1", "[::1]x", "[fe80::1%25eth0]", "[1.2.3.4]", "[]"),
    *("a/b", "a?b", "a#b", "a\\b", "a:b", "a:80:80", "a:-1", "%zz", "<a>", '"a"', "a, b", ":80", "é"),
]


@pytest.mark.parametrize("host", INVALID_HOSTS)
def test_an_invalid_host_is_refused(server: Server, host: str) -> None:
    """400 with the envelope (RFC 9112, 3.2), each time, and the connection ends."""
    for _ in range(2):
        with Connection(server) as connection:
            connection.send(f"GET {LIVE} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answer = connection.receive()
            assert 400 == answer.status
            assert message_of(answer).startswith("Host header must be a host name")
            assert connection.is_closed()


@pytest.mark.parametrize("fields", [b"", b"Host:\r\n", b"Host: \t \r\n"])
def test_a_host_is_required(server: Server, fields: bytes) -> None:
    """400 with the envelope (RFC 9112, 3.2)."""
    answer = asked(server, b"GET /health HTTP/1.1\r\n" + fields + b"\r\n")
    assert (400, "Host header is required") == (answer.status, message_of(answer))


def test_several_hosts_are_refused(server: Server) -> None:
    """400, even where they agree; in 1.0 too."""
    for version in ("1.0", "1.1"):
        answer = asked(server, f"GET {LIVE} HTTP/{version}\r\nHost: a\r\nhost: a\r\n\r\n".encode())
        assert (400, "Host header must be given once") == (answer.status, message_of(answer))


def posted(version: str, *fields: bytes, body: bytes = ITEM) -> bytes:
    """A request that creates an item."""
    start = f"POST {ITEMS} HTTP/{version}\r\nHost: a\r\nContent-Type: application/json\r\n".encode()
    return start + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


@pytest.mark.parametrize("name", [b"Connection", b"Proxy-Connection"])
def test_http_1_0_that_keeps_its_connection_is_http_1_0(server: Server, name: bytes) -> None:
    """By either field; the second is what old clients say to a proxy.

    No Host is demanded, the answer says that the connection stays, and chunks, which that version does not
    know, are refused.
    """
    keeping = name + b": keep-alive"
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(b"GET /health/live HTTP/1.0\r\n" + keeping + b"\r\n\r\n")
            answer = connection.receive()
            assert (200, "keep-alive") == (answer.status, answer.headers.get("connection"))
        connection.send(posted("1.0", keeping, b"Transfer-Encoding: chunked", body=CHUNKS + b"\r\n"))
        assert (400, True) == (connection.receive().status, connection.is_closed())


@pytest.mark.parametrize("expectation", [b"100-continue", b"200-ok", b""])
def test_what_http_1_0_expects_is_ignored(server: Server, expectation: bytes) -> None:
    """RFC 9110, 10.1.1: neither 417 nor `100 Continue`, which that version does not know."""
    with Connection(server) as connection:
        connection.send(posted("1.0", b"Expect: " + expectation, b"Content-Length: 15", body=b""))
        connection.send(ITEM)
        assert 201 == connection.receive().status


def test_an_expectation_is_met(server: Server) -> None:
    """In 1.1: `100 Continue` where the body is waited for, and none where it is here."""
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(posted("1.1", b"Expect: 100-Continue ", b"Content-Length: 15", body=b""))
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == connection.recv(65536)
        connection.sendall(ITEM)
        assert connection.recv(65536).startswith(b"HTTP/1.1 201 ")
    assert 201 == asked(server, posted("1.1", b"Expect: 100-continue", b"Content-Length: 15")).status


@pytest.mark.parametrize("fields", [(b"Expect: 200-ok",), (b"Expect: 100-continue", b"Expect: 200-ok")])
def test_what_is_not_met_is_417(server: Server, fields: tuple[bytes, ...]) -> None:
    """In 1.1, on whichever line it stands."""
    assert 417 == asked(server, posted("1.1", *fields, b"Content-Length: 15")).status


CODINGS = {
    "one that is not known": ((b"Transfer-Encoding: xchunked",), 501),
    "one that is not done": ((b"Transfer-Encoding: gzip",), 501),
    "one before chunked": ((b"Transfer-Encoding: gzip, chunked",), 501),
    "one before chunked, on two lines": ((b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"), 501),
    "what was withdrawn": ((b"Transfer-Encoding: identity",), 501),
    "chunked that is not the last": ((b"Transfer-Encoding: chunked, gzip",), 400),
    "chunked twice": ((b"Transfer-Encoding: chunked, chunked",), 400),
    "what is no coding": ((b'Transfer-Encoding: "chunked"',), 400),
    "nothing": ((b"Transfer-Encoding:",), 400),
    "chunked with blanks and capitals": ((b"Transfer-Encoding: \t Chunked  ",), 201),
}


@pytest.mark.parametrize(("fields", "status"), CODINGS.values(), ids=CODINGS)
def test_an_unknown_transfer_coding_is_501(server: Server, fields: tuple[bytes, ...], status: int) -> None:
    """RFC 9112, 6.1; what leaves open where the body ends is 400 (6.3). Either way the connection ends."""
    with Connection(server) as connection:
        connection.send(posted("1.1", *fields, body=CHUNKS + b"\r\n"))
        answer = connection.receive()
        assert answer.status == status
        assert 201 == status or connection.is_closed()


def test_the_server_itself_is_asked(server: Server) -> None:
    """`OPTIONS *` tells the methods (RFC 9110, 9.3.7), whatever is said behind it, and goes on."""
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(b"OPTIONS * HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
            answer = connection.receive()
            methods = "GET, HEAD, POST, PUT, PATCH, DELETE, QUERY, OPTIONS"
            assert (204, methods, b"") == (answer.status, answer.headers["allow"], answer.body)


@pytest.mark.parametrize("blanks", [b" ", b"\t", b" \t \t "])
def test_blanks_around_a_value_are_none_of_it(server: Server, blanks: bytes) -> None:
    """RFC 9110, 5.5: a length, a type, an id, a precondition mean the same with and without."""
    fields = [b"Content-Length:", b"X-Request-Id:", b"Content-Encoding:"]
    values = [b"15", b"blank", b"identity"]
    lines = [name + blanks + value + blanks for name, value in zip(fields, values, strict=True)]
    created = asked(server, posted("1.1", *lines))
    assert (201, "blank") == (created.status, created.headers["x-request-id"])
    tag = created.headers["etag"].encode()
    head = request("GET", created.headers["location"])
    assert 304 == asked(server, head[:-2] + b"If-None-Match:" + blanks + tag + blanks + b"\r\n\r\n").status


@pytest.mark.parametrize(
    "path",
    [
        *("/health%2Flive", "/health%2flive", "%2Fhealth/live", "/api%2Fv1/items", "/api/v1%2Fitems"),
        *("/health/live%2F", "/health%252Flive", "/api/v1/items%2F0197", "/api/v1/items/a%2Fb"),
    ],
)
def test_an_encoded_slash_separates_nothing(server: Server, path: str) -> None:
    """RFC 3986, 2.2: it is part of a segment, so the path is another one."""
    assert get(server, path).status in ((400, 404) if path.startswith("%") else (404,))


def test_other_encoded_characters_are_what_they_stand_for(server: Server) -> None:
    """RFC 3986, 6.2.2.2; and a redirect leads to what was asked for, its encoded slash encoded."""
    assert 200 == get(server, "/%68ealth/%6Cive").status
    location = get(server, "/api/items/a%2Fb%25c%20d?x=%2F").headers["location"]
    assert "/api/v1/items/a%2Fb%25c%20d?x=%2F" == location


CONNECTS = {
    "an authority": b"CONNECT estuary.test:80 HTTP/1.1\r\nHost: estuary.test:80\r\n\r\n",
    "a path": b"CONNECT /api/v1/items HTTP/1.1\r\nHost: a\r\n\r\n",
    "in 1.0": b"CONNECT a:443 HTTP/1.0\r\n\r\n",
    "with a body": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "that keeps the connection": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
    "that upgrades": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
}
NO_FURTHER = {
    **{f"CONNECT, {name}": (head, 405) for name, head in CONNECTS.items()},
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "a malformed field": (b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400),
    "malformed chunks": (posted("1.1", b"Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
    "a request that is said to be the last": (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        200,
    ),
    "two lengths": (posted("1.1", b"Content-Length: 15", b"Content-Length: 15"), 400),
    "a trailer that says so": (
        posted("1.1", b"Transfer-Encoding: chunked", body=CHUNKS + b"Connection: close\r\n\r\n"),
        201,
    ),
}


@pytest.mark.parametrize(("data", "status"), NO_FURTHER.values(), ids=NO_FURTHER)
@pytest.mark.parametrize("before", [0, 1, 20])
def test_where_nothing_more_is_read_the_connection_ends(
    server: Server, data: bytes, status: int, before: int
) -> None:
    """`Connection: close`, and closed; else clients that share it, through a proxy, would wait for ever.

    What came before is answered first, and keeps the connection.
    """
    with Connection(server) as connection:
        connection.send(request("GET", LIVE) * before + data)
        for _ in range(before):
            answer = connection.receive()
            assert (200, None) == (answer.status, answer.headers.get("connection"))
        connection.send(request("GET", LIVE))
        last = connection.receive()
        assert (status, "close") == (last.status, last.headers["connection"])
        assert connection.is_closed()


HEADS = {
    "malformed": (b"HEAD / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", b"400"),
    "too long": (b"HEAD / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000, b"431"),
    "without a host": (b"HEAD / HTTP/1.1\r\n\r\n", b"400"),
    "unknown": (request("HEAD", "/nothing")[:-2] + b"Connection: close\r\n\r\n", b"404"),
}


@pytest.mark.parametrize(("data", "status"), HEADS.values(), ids=HEADS)
def test_what_is_said_of_a_head_request_has_no_body(server: Server, data: bytes, status: bytes) -> None:
    """RFC 9110, 9.3.2: a client that reads on would take it for the next answer."""
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(data)
        answered = connection.makefile("rb").read()
    assert answered.startswith(b"HTTP/1.1 " + status)
    assert answered.endswith(b"\r\n\r\n")


UPGRADES = {
    "to HTTP/2": b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
    "to WebSocket": b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    "to TLS": b"Connection: upgrade\r\nUpgrade: TLS/1.0\r\n",
}


@pytest.mark.parametrize("fields", UPGRADES.values(), ids=UPGRADES)
def test_a_wish_to_upgrade_is_passed_over(server: Server, fields: bytes) -> None:
    """RFC 9110, 7.8: the request is served in HTTP/1.1, with its body, and so is the next one."""
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(posted("1.1", fields.rstrip(), b"Content-Length: 15"))
            assert 201 == connection.receive().status
            connection.send(request("GET", LIVE)[:-2] + fields + b"\r\n")
            assert 200 == connection.receive().status
