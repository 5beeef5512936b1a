"""Messages without an end, by what of them does not end.

`python -m tests.support.endless PORT SECONDS` sends them one after the other for so long, each on a
connection of its own, as fast as they are taken; then prints how many it were.
"""

import socket
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from tests.support.process import HOST

_ITEMS = b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
_CHUNKED = _ITEMS + b"Transfer-Encoding: chunked\r\n\r\n"
_GET = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
_BYTES = 4 * 2**20
"""How much of each is sent at the most."""


_IN_CRUMBS = _CHUNKED + b"1\r\n \r\n" * (_BYTES // 6)
"""A body that is nothing but too slow to come to its end: a chunk for each byte."""


class Endless(NamedTuple):
    """How a message begins, what of it comes again and again, and the status it is refused with."""

    opening: bytes
    repeated: bytes
    status: int = 431

    def sent(self, size: int) -> bytes:
        """The first `size` bytes of it."""
        return (self.opening + self.repeated * (size // len(self.repeated) + 1))[:size]


ENDLESS = {
    "a trailer field's value": Endless(_CHUNKED + b"0\r\nX-T: ", b"a"),
    "a trailer field's name": Endless(_CHUNKED + b"0\r\n", b"a"),
    "trailer fields": Endless(_CHUNKED + b"0\r\n", b"X-T: a\r\n"),
    "a trailer behind a body": Endless(_CHUNKED + b"f\r\n" + b'{"name":"boat"}' + b"\r\n0\r\nX-T: ", b"a"),
    "a trailer of a request without need of a body": Endless(
        _GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: ", b"a", 200
    ),
    "a chunk extension": Endless(_CHUNKED + b"1;a=", b"a"),
    "a chunk extension in quotes": Endless(_CHUNKED + b'1;a="', b"a"),
    "chunk extensions": Endless(_CHUNKED + b"1", b";a=b"),
    "an extension for each byte": Endless(_CHUNKED, b"1;" + b"a" * 60 + b"\r\n \r\n"),
    "an extension for each page": Endless(_CHUNKED, b"1;" + b"a" * 4000 + b"\r\n \r\n"),
    "noughts before a chunk's size": Endless(_CHUNKED, b"0"),
    "a field's value": Endless(_GET + b"X: ", b"a"),
    "a field's name": Endless(_GET, b"a"),
    "fields": Endless(_GET, b"X: a\r\n"),
    "the target": Endless(b"GET /", b"a", 414),
    "the query": Endless(b"GET /?", b"a", 414),
}


def main(port: str, seconds: str) -> None:
    """Send them, and say how many."""
    prepared = [_IN_CRUMBS, *(message.sent(_BYTES) for message in ENDLESS.values())]
    end = time.monotonic() + float(seconds)
    number = 0
    while time.monotonic() < end:
        for data in prepared:
            _send(int(port), data)
            number += 1
    sys.stdout.write(str(number))


def _send(port: int, data: bytes) -> None:
    """Send `data`, or as much of it as the other side takes."""
    with socket.create_connection((HOST, port), timeout=30) as connection, suppress(ConnectionError):
        connection.sendall(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
