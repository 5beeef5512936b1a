"""Slow clients of several kinds, in a process of their own: disconnected ones connect again at once.

`python -m tests.support.slow_clients PORT NUMBER SECONDS KIND...` keeps so many of each kind on their
connections for so long, waits until the last one has been let go, and prints by kind how often one was, and
how many seconds the longest stayed.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.support.creates import ITEMS
from tests.support.http import request
from tests.support.process import HOST

_DRIP_SECONDS = 1.0
_SMALL_BUFFER = 4096
"""So that a client that does not read is noticed soon, and costs itself little."""
_LIST = request("GET", f"{ITEMS}?limit=100")


class Kind(NamedTuple):
    """What is sent at once, what once a second from then on, and whether answers are taken."""

    opening: bytes = b""
    drip: bytes = b""
    reads: bool = True


KINDS = {
    "silent": Kind(),
    "heads": Kind(b"GET /health/live HTTP/1.1\r\nX: ", b"a"),
    "bodies": Kind(request("POST", ITEMS, 1_000_000) + b'{"name":"', b"a"),
    "readers": Kind(_LIST * 60, _LIST, reads=False),
}


class Client(NamedTuple):
    """One connection, of a kind, and since when it is there."""

    kind: str
    socket: socket.socket
    since: float


class SlowClients:
    """`number` clients of each of the `kinds` on a server's `port`; `stayed` says for how long each was."""

    def __init__(self, port: int, number: int, kinds: Sequence[str]) -> None:
        self._port = port
        self._poll = select.epoll()
        self._clients: dict[int, Client] = {}
        self.stayed: dict[str, list[float]] = {kind: [] for kind in kinds}
        for kind in kinds:
            for _ in range(number):
                self._come(kind)

    def stay(self, seconds: float) -> None:
        """Come again for so long, then return when everybody is gone."""
        end = time.monotonic() + seconds
        next_drip = time.monotonic() + _DRIP_SECONDS
        while self._clients:
            now = time.monotonic()
            if now >= next_drip:
                next_drip = now + _DRIP_SECONDS
                for number in list(self._clients):
                    self._drip(number, again=now < end)
            for number, _ in self._poll.poll(next_drip - now):
                self._hear(number, again=now < end)

    def _come(self, name: str) -> None:
        kind = KINDS[name]
        connection = socket.socket()
        if not kind.reads:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        connection.connect((HOST, self._port))
        connection.sendall(kind.opening)
        connection.setblocking(False)
        # Without an event asked for, only a reset is reported.
        self._poll.register(connection, select.EPOLLIN if kind.reads else 0)
        self._clients[connection.fileno()] = Client(name, connection, time.monotonic())

    def _drip(self, number: int, *, again: bool) -> None:
        client = self._clients[number]
        try:
            client.socket.send(KINDS[client.kind].drip)
        except BlockingIOError:
            return
        except OSError:
            self._go(number, again=again)

    def _hear(self, number: int, *, again: bool) -> None:
        client = self._clients.get(number)
        if client is None:
            return
        with suppress(ConnectionError):
            if KINDS[client.kind].reads and client.socket.recv(65536):
                return
        self._go(number, again=again)

    def _go(self, number: int, *, again: bool) -> None:
        client = self._clients.pop(number)
        self.stayed[client.kind].append(time.monotonic() - client.since)
        self._poll.unregister(number)
        client.socket.close()
        if again:
            self._come(client.kind)


def main(port: str, number: str, seconds: str, *kinds: str) -> None:
    """Be slow, and say how it went."""
    clients = SlowClients(int(port), int(number), kinds)
    clients.stay(float(seconds))
    sys.stdout.write(json.dumps({kind: (len(each), max(each)) for kind, each in clients.stayed.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
