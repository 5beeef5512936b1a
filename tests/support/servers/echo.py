"""A replica's stand-in behind a proxy: answers with the request as it arrived."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.process import HOST


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # the answer goes out whole: a health check hangs up at its first words

    def do_GET(self) -> None:
        """The request's path, peer and headers, the latter with lower-case names, as JSON."""
        headers: dict[str, list[str]] = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        reported = {"path": self.path, "port": self.client_address[1], "headers": headers}
        body = json.dumps(reported).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def echo_server() -> Iterator[int]:
    """The port on which requests are echoed."""
    with ThreadingHTTPServer((HOST, 0), _Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
