"""A proxy on a real socket that lets requests fail."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.faults import Fault, Faults
from tests.support.process import HOST, TIMEOUT_SECONDS

_AT_ONCE = struct.pack("ii", 1, 0)
"""Linger for no time: closing resets the connection."""
_OF_A_CONNECTION = {"connection", "transfer-encoding", "content-length"}


@contextmanager
def faulty_proxy(target: int, faults: Faults) -> Iterator[str]:
    """The URL of a proxy in front of the server on port `target`, which injects `faults`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            fault = faults.of(self.command, self.path, headers)
            answer = _passed_on(target, self.command, self.path, headers, body, fault)
            if answer is None:
                _reset(self.connection)
                self.close_connection = True
                return
            status, answered, content = answer
            self.send_response_only(status)
            for name, value in answered.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request  # noqa: N815 (the library's names)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _passed_on(
    target: int, method: str, path: str, headers: dict[str, str], body: bytes, fault: Fault | None
) -> tuple[int, dict[str, str], bytes] | None:
    """Status, header fields and body of the answer; None where there is to be none."""
    if fault is None or fault.reaches:
        upstream = HTTPConnection(HOST, target, timeout=TIMEOUT_SECONDS)
        upstream.request(method, path, body or None, headers)
        response = upstream.getresponse()
        content = response.read()
        upstream.close()
        if fault is None:
            fields = {
                name: value for name, value in response.headers.items() if name not in _OF_A_CONNECTION
            }
            return response.status, fields, content
    if fault.status is None:
        return None
    return fault.status, dict(fault.headers), fault.body


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    connection.close()
