"""An issuer of tokens on its own port: publishes its keys, signs, and misbehaves when told to."""

import functools
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from estuary.auth.trial import TrialKeys

AUDIENCE = "https://items.test"
KEYS_PATH = "/keys"
CONFIGURATION_PATH = "/.well-known/openid-configuration"
_SLOW_PAUSE = 0.2

Answer = Callable[[BaseHTTPRequestHandler], None]


@functools.cache
def keys_of(algorithm: str, name: str = "first") -> TrialKeys:
    """A key that all tests share under `name`: RSA keys take their time to make."""
    del name  # it only tells one key from another
    return TrialKeys.new(algorithm)


class Issuer:
    """Serves `keys` until `answer` says something else; counts who asks for what in `requests`."""

    def __init__(self) -> None:
        self.keys = [keys_of("RS256")]
        self.requests: list[str] = []
        self.answer: Answer | None = None
        self.released = threading.Event()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name that http.server calls
                issuer.requests.append(self.path)
                # A client that gives up is what some of these answers are for.
                with suppress(ConnectionError):
                    (issuer.answer or issuer._publish)(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing: pytest shows what is on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.keys_url = self.url + KEYS_PATH

    @property
    def fetches(self) -> int:
        """How often the keys were asked for."""
        return self.requests.count(KEYS_PATH)

    def token(self, keys: TrialKeys | None = None, **claims: Any) -> str:
        """A good token, with `claims` in place of the usual ones; None leaves a claim out."""
        usual = usual_claims(self.url) | claims
        return (keys or self.keys[0]).sign(
            {name: value for name, value in usual.items() if value is not None}
        )

    def close(self) -> None:
        """Stop: the port is closed."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _publish(self, handler: BaseHTTPRequestHandler) -> None:
        if handler.path == KEYS_PATH:
            document: dict[str, Any] = {
                "keys": [k for each in self.keys for k in each.public_set()["keys"]]
            }
        elif handler.path == CONFIGURATION_PATH:
            document = {"issuer": self.url, "jwks_uri": self.keys_url}
        else:
            handler.send_error(404)
            return
        reply(handler, json.dumps(document).encode())

    def hang(self, _: BaseHTTPRequestHandler) -> None:
        """Say nothing until the issuer is closed."""
        self.released.wait()


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer, closed afterwards."""
    issuer = Issuer()
    try:
        yield issuer
    finally:
        issuer.close()


def usual_claims(issuer: str) -> dict[str, Any]:
    """What a good token says."""
    now = int(time.time())
    return {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": "alice",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "scope": "items:read items:write",
    }


def reply(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    """Answer in one piece."""
    handler.send_response(status)
    for name, value in {"content_type": "application/json", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def broken(handler: BaseHTTPRequestHandler) -> None:
    """An issuer that is down behind its proxy."""
    reply(handler, b"upstream is down", status=503)


def garbage(handler: BaseHTTPRequestHandler) -> None:
    """A page where keys should be."""
    reply(handler, b"<html>Please log in</html>")


def huge(handler: BaseHTTPRequestHandler) -> None:
    """A document without end."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def compressed(handler: BaseHTTPRequestHandler) -> None:
    """A small answer that would unfold into a large one."""
    reply(handler, gzip.compress(b" " * 10_000_000), content_encoding="gzip")


def slow(handler: BaseHTTPRequestHandler) -> None:
    """A document that comes letter by letter, and never whole."""
    handler.send_response(200)
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(_SLOW_PAUSE)


def redirecting(address: str) -> Answer:
    """Somebody else's address."""
    return lambda handler: reply(handler, b"", status=302, location=address)
