"""A flood: pipelined requests, each with another forged address, over a few connections of one client."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

from tests.support.http import Listener
from tests.support.process import HOST, TIMEOUT_SECONDS

FORGING = {"TRUSTED_PROXIES": f"{HOST}/32"}
"""What has a server believe the addresses."""

_CONNECTIONS = 4
_AT_ONCE = 100
"""Requests under way on each connection."""
_CHUNK = 1 << 20
_STATUS_LINE = b"HTTP/1.1 "


def flood(server: Listener, path: str, addresses: range) -> Counter[int]:
    """Ask for `path` once from each address; how often there was which status."""
    statuses: Counter[int] = Counter()
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS))
            for _ in range(_CONNECTIONS)
        ]
        waves = [addresses[at : at + _AT_ONCE] for at in range(0, len(addresses), _AT_ONCE)]
        for at in range(0, len(waves), _CONNECTIONS):
            busy = list(zip(sockets, waves[at : at + _CONNECTIONS], strict=False))
            for connection, wave in busy:
                connection.sendall(b"".join(_request(path, number) for number in wave))
            for connection, wave in busy:
                statuses.update(_statuses(connection, len(wave)))
    return statuses


def address(number: int) -> str:
    """One of 16 million."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _request(path: str, number: int) -> bytes:
    forged = f"X-Forwarded-For: {address(number)}"
    return f"GET {path} HTTP/1.1\r\nHost: estuary.test\r\n{forged}\r\n\r\n".encode()


def _statuses(connection: socket.socket, count: int) -> Iterator[int]:
    """The statuses of so many answers, whose bodies hold no status line and are read to their end."""
    unread = b""
    while count:
        chunk = connection.recv(_CHUNK)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        head, *answers = (unread + chunk).split(_STATUS_LINE)
        assert not head
        # The last answer may not be whole yet.
        for answer in answers[:-1]:
            yield int(answer[:3])
        count -= len(answers) - 1
        last = answers[-1]
        if count == 1 and _is_whole(last):
            yield int(last[:3])
            return
        unread = _STATUS_LINE + last


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(body) == int(length.partition(b":")[2])
