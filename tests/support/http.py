"""HTTP/1.1 by hand, for what a well-behaved client would never send, and for watching the connection."""

import socket
from typing import NamedTuple, Protocol, Self

from tests.support.process import HOST, TIMEOUT_SECONDS

_CHUNK = 65536
_END_OF_HEAD = b"\r\n\r\n"


class Listener(Protocol):
    """What is spoken to: a server, however it was started."""

    @property
    def port(self) -> int:
        """Where it listens on the loopback interface."""
        ...


class Answer(NamedTuple):
    """A response as it came: names of headers in lower case, the last one of a name wins."""

    status: int
    headers: dict[str, str]
    body: bytes


class ConnectionEnded(Exception):
    """The server closed the connection where more was due."""


class Connection:
    """One TCP connection to a server. Use it in a `with` statement."""

    def __init__(self, server: Listener) -> None:
        self._socket = socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS)
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send exactly these bytes."""
        self._socket.sendall(data)

    def receive(self) -> Answer:
        """The next response; raises `ConnectionEnded`. Its length is what Content-Length says."""
        while _END_OF_HEAD not in self._unread:
            self._read_more()
        head, _, self._unread = self._unread.partition(_END_OF_HEAD)
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(self._unread) < length:
            self._read_more()
        body, self._unread = self._unread[:length], self._unread[length:]
        return Answer(int(status_line.split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Wait for the server to speak or to close; whether it closed, cleanly or not."""
        try:
            return not self._unread and self._socket.recv(1, socket.MSG_PEEK) == b""
        except ConnectionResetError:
            return True

    def _read_more(self) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except ConnectionResetError:
            data = b""
        if not data:
            raise ConnectionEnded
        self._unread += data


def get(server: Listener, path: str) -> Answer:
    """The answer to a GET on a new connection."""
    with Connection(server) as connection:
        connection.send(request("GET", path))
        return connection.receive()


def post(server: Listener, path: str, body: bytes) -> Answer:
    """The answer to a POST of JSON on a new connection."""
    with Connection(server) as connection:
        connection.send(request("POST", path, len(body)) + body)
        return connection.receive()


def request(method: str, path: str, length: int | None = None) -> bytes:
    """The head of a request; with `length`, of one with a JSON body of so many bytes."""
    head = f"{method} {path} HTTP/1.1\r\nHost: estuary.test\r\n"
    if length is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    return head.encode() + b"\r\n"


def accepts_connections(server: Listener) -> bool:
    """Whether something listens on the server's port."""
    try:
        socket.create_connection((HOST, server.port), timeout=TIMEOUT_SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True
