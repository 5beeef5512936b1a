"""The wire itself: what only a real connection to the real server can show."""

import re
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from estuary.http import kernel
from tests.support.http import Connection, get, request
from tests.support.process import HOST, TIMEOUT_SECONDS, Server, environment_of, serving, until

ITEMS = "/api/v1/items"
ITEM = b'{"name":"boat"}'
POST = b"POST /api/v1/items HTTP/1.1\r\nHost: estuary.test\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all: whatever one test sends must not harm the next."""
    variables = {"REQUEST_BODY_TIMEOUT_SECONDS": "1", "MAX_BODY_BYTES": "4096"}
    with serving(tmp_path_factory.mktemp("wire"), variables) as server:
        yield server


def test_servers_have_the_modules_that_are_tested(tmp_path: Path) -> None:
    """The compiled ones, where those are."""
    done = subprocess.run(
        [sys.executable, "-c", "from estuary.http import kernel; print(kernel.__file__)"],
        cwd=tmp_path,
        env=environment_of({}),
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert kernel.__file__ == done.stdout.strip()


def total(server: Server) -> int:
    """How many items there are."""
    answer: dict[str, int] = msgspec.json.decode(get(server, ITEMS).body)
    return answer["total"]


def chunk(data: bytes) -> bytes:
    """`data` as one chunk (RFC 9112, 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


WHOLE = {
    "one chunk": [chunk(ITEM) + b"0\r\n\r\n"],
    "a chunk a byte": [b"".join(chunk(bytes([byte])) for byte in ITEM) + b"0\r\n\r\n"],
    "a packet a chunk": [*(chunk(ITEM[i : i + 4]) for i in range(0, len(ITEM), 4)), b"0\r\n\r\n"],
    "chunk extension": [b"f;a=b\r\n" + ITEM + b"\r\n0\r\n\r\n"],
}


@pytest.mark.parametrize("packets", WHOLE.values(), ids=WHOLE)
def test_a_whole_chunked_body_is_taken(server: Server, packets: list[bytes]) -> None:
    """However it is cut into chunks and packets, and the connection goes on."""
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(CHUNKED)
            for packet in packets:
                connection.send(packet)
            assert 201 == connection.receive().status


TRUNCATED = {
    "length, nothing": POST + b"Content-Length: 15\r\n\r\n",
    "length, cut off": POST + b"Content-Length: 15\r\n\r\n" + ITEM[:7],
    "length, whole JSON but short": POST + b"Content-Length: 40\r\n\r\n" + ITEM,
    "chunked, nothing": CHUNKED,
    "chunked, inside a chunk": CHUNKED + b"f\r\n" + ITEM[:7],
    "chunked, whole JSON but no end": CHUNKED + chunk(ITEM),
    "chunked, whole JSON and half an end": CHUNKED + chunk(ITEM) + b"0\r\n",
    "chunked, two chunks and no end": CHUNKED + chunk(ITEM[:7]) + chunk(ITEM[7:]),
}


@pytest.mark.parametrize("data", TRUNCATED.values(), ids=TRUNCATED)
@pytest.mark.parametrize("ending", ["half-closed", "closed", "reset"])
def test_a_truncated_body_is_never_taken_for_a_whole_one(server: Server, data: bytes, ending: str) -> None:
    """The client stops sending before the end it announced: 400, and nothing is stored."""
    before = total(server)
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(data)
        if ending == "half-closed":
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(65536)[:12] in (b"HTTP/1.1 400", b"")
        elif ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    until(lambda: b"http_requests_in_flight 1\n" in get(server, "/metrics").body)
    assert before == total(server)


BROKEN = {
    "size is no number": CHUNKED + chunk(ITEM) + b"zz\r\n",
    "size is negative": CHUNKED + b"-1\r\n",
    "chunk is longer than its size": CHUNKED + b"3\r\n" + ITEM + b"\r\n0\r\n\r\n",
    "size beyond 64 bits": CHUNKED + b"f" * 17 + b"\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_broken_chunks_are_refused(server: Server, data: bytes) -> None:
    """400 with the envelope, nothing stored, and the connection is of no use any more."""
    before = total(server)
    with Connection(server) as connection:
        connection.send(data)
        answer = connection.receive()
        assert (400, "BAD_REQUEST") == (answer.status, msgspec.json.decode(answer.body)["error"])
    assert before == total(server)


def test_a_stalled_body_ends_in_time(server: Server) -> None:
    """408 and a closed connection when the rest does not come, declared length or chunked."""
    for data in (POST + b"Content-Length: 15\r\n\r\n" + ITEM[:7], CHUNKED + b"f\r\n" + ITEM[:7]):
        with Connection(server) as connection:
            connection.send(data)
            assert 408 == connection.receive().status
            assert connection.is_closed()


def test_a_body_beyond_the_limit_is_not_read(server: Server) -> None:
    """413 for a declared length at once; for chunks as soon as the limit is passed."""
    with Connection(server) as connection:
        connection.send(POST + b"Content-Length: 1000000000000\r\n\r\n")
        assert 413 == connection.receive().status
    with Connection(server) as connection:
        connection.send(CHUNKED + chunk(b" " * 4000) + chunk(b" " * 97))
        assert 413 == connection.receive().status


def test_a_head_beyond_the_limits(server: Server) -> None:
    """414 and 431 with the envelope, before the server's own, wider limit."""
    for data, status in (
        (request("GET", f"/{'a' * 9000}"), 414),
        (request("GET", ITEMS)[:-2] + b"X-Long: " + b"a" * 17_000 + b"\r\n\r\n", 431),
    ):
        with Connection(server) as connection:
            connection.send(data)
            answer = connection.receive()
            assert (status, "BAD_REQUEST") == (answer.status, msgspec.json.decode(answer.body)["error"])


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (request("GET", ITEMS)[:-2] + b"X-Long: " + b"a" * 400_000, 431),
        (b"GET /" + b"a" * 400_000, 414),
        (request("GET", ITEMS)[:-2] + b"X-Short: a\r\n" * 200 + b"\r\n", 431),
    ],
    ids=["a field without end", "a URL without end", "very many fields"],
)
def test_a_head_beyond_all_limits_is_refused(server: Server, head: bytes, status: int) -> None:
    """With the envelope, without waiting for an end that may never come, and the connection ends."""
    with Connection(server) as connection:
        connection.send(head)
        answer = connection.receive()
        assert (status, "BAD_REQUEST") == (answer.status, msgspec.json.decode(answer.body)["error"])
        assert connection.is_closed()


def test_an_unknown_method_is_refused(server: Server) -> None:
    """405 with `Allow` and the envelope; methods are case-sensitive (RFC 9110, 9.1)."""
    for method in ("get", "BREW", "DESCRIBE", "SETUP"):
        with Connection(server) as connection:
            connection.send(request(method, ITEMS))
            answer = connection.receive()
            assert (405, "METHOD_NOT_ALLOWED") == (answer.status, msgspec.json.decode(answer.body)["error"])
            assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "PROPFIND"])
def test_methods_that_are_not_served(server: Server, method: str) -> None:
    """405 with `Allow` and the envelope, whatever the server underneath would accept."""
    with Connection(server) as connection:
        target = "estuary.test:80" if method == "CONNECT" else ITEMS
        connection.send(request(method, target))
        answer = connection.receive()
        assert (405, True) == (answer.status, "GET" in answer.headers["allow"])
        assert msgspec.json.decode(answer.body)["request_id"] == answer.headers["x-request-id"]


TARGETS = {
    "a whole URL": ("GET http://estuary.test/health/live?a=b", 200),
    "a whole URL without a path": ("GET http://estuary.test", 200),
    "a whole URL with a query alone": ("GET http://estuary.test?a=b", 200),
    "an asterisk": ("OPTIONS *", 204),
    "an asterisk for a method that has a path": ("GET *", 405),
}


@pytest.mark.parametrize(("start", "status"), TARGETS.values(), ids=TARGETS)
def test_every_form_of_a_target_is_read(server: Server, start: str, status: int) -> None:
    """What proxies and old clients send instead of a path is answered, too (RFC 9112, 3.2)."""
    with Connection(server) as connection:
        connection.send(f"{start} HTTP/1.1\r\nHost: estuary.test\r\n\r\n".encode())
        assert status == connection.receive().status


@pytest.mark.parametrize(
    "path", ["/%ff", "/%00", "/api/v1/items/%ff%fe", "/api/v1/items/%00", "/a%2f..%2fb"]
)
def test_paths_that_are_no_text(server: Server, path: str) -> None:
    """Invalid UTF-8, NUL and encoded slashes are 404 with the envelope."""
    answer = get(server, path)
    assert (404, "NOT_FOUND") == (answer.status, msgspec.json.decode(answer.body)["error"])


def test_head_and_no_content_have_no_body(server: Server) -> None:
    """HEAD tells a length and sends nothing; 204 has no length (RFC 9110, 8.6)."""
    with Connection(server) as connection:
        connection.send(request("POST", ITEMS, len(ITEM)) + ITEM)
        location = connection.receive().headers["location"]
    data = b""
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS) as stream:
        stream.sendall(request("HEAD", location) + request("DELETE", location) + request("GET", location))
        while b"NOT_FOUND" not in data:
            data += stream.recv(65536)
    head, deleted, missing = data.split(b"HTTP/1.1 ")[1:]
    assert head.startswith(b"200")
    assert head.endswith(b"\r\n\r\n")
    assert deleted.startswith(b"204")
    assert deleted.endswith(b"\r\n\r\n")
    assert b"content-length" not in deleted
    assert missing.startswith(b"404")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_304_has_neither_body_nor_length(server: Server, method: str) -> None:
    """RFC 9110, 15.4.5: it ends with its head, has the ETag, and the connection goes on."""
    with Connection(server) as connection:
        connection.send(POST + b"Content-Length: %d\r\n\r\n%s" % (len(ITEM), ITEM))
        location = connection.receive().headers["location"]
        for path in (location, ITEMS):
            connection.send(request("GET", path))
            tag = connection.receive().headers["etag"]
            for _ in range(2):
                conditional = f"\r\nIf-None-Match: {tag}\r\n\r\n".encode()
                connection.send(request(method, path).replace(b"\r\n\r\n", conditional))
                answer = connection.receive()
                assert (304, b"", tag) == (answer.status, answer.body, answer.headers["etag"])
                assert {"content-length", "content-type", "transfer-encoding"}.isdisjoint(answer.headers)


def test_a_long_row_of_requests_is_answered_in_order(server: Server) -> None:
    """Thousands at once, some with bodies, from a client that then sends nothing more: each, once."""
    row = [in_a_row(number) for number in range(3000)]
    with socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS) as client:
        sender = threading.Thread(target=send_and_end, args=(client, b"".join(row)))
        sender.start()
        answered = client.makefile("rb").read()
        sender.join(TIMEOUT_SECONDS)
    reported = re.findall(rb"^x-request-id: row-(\d+)\r$", answered, re.MULTILINE)
    assert list(range(3000)) == [int(number) for number in reported]
    creates = sum(each.startswith(b"POST") for each in row)
    assert {b"200": 3000 - creates, b"201": creates} == Counter(re.findall(rb"HTTP/1\.1 (\d+)", answered))


def in_a_row(number: int) -> bytes:
    """A request that is known by its id, of a length of its own."""
    name = b"X-Request-Id: row-%d\r\n" % number
    if number % 10 == 3:
        body = b'{"name":"%s"}' % (b"a" * (number % 250 + 1))
        return POST + name + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    if number % 14 == 5:
        return POST + name + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(ITEM) + chunk(b"")
    return b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + name + b"\r\n"


def send_and_end(client: socket.socket, data: bytes) -> None:
    """Send everything, and say that this was all."""
    client.sendall(data)
    client.shutdown(socket.SHUT_WR)
