"""A relay in front of a server: what passes through it can be broken off as a failing network does."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.process import HOST, TIMEOUT_SECONDS

_CHUNK = 65536
_AT_ONCE = struct.pack("ii", 1, 0)
"""Linger for no time: closing resets the connection."""


class Relay:
    """Passes connections on to the server on `target`, until it resets them."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._resetting = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @contextmanager
    def resetting(self) -> Iterator[None]:
        """While the block runs, every connection is reset: those there are, and those that come."""
        self._resetting = True
        self._reset_all()
        try:
            yield
        finally:
            self._resetting = False

    def close(self) -> None:
        """Let go of everything."""
        # Shut down, for a thread that accepts is not woken by a close.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT_SECONDS)
        self._reset_all()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._resetting:
                _reset(near)
            else:
                self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection((HOST, self._target))
        except OSError:
            # The server is down: as good as a refusal.
            _reset(near)
            return
        with self._lock:
            self._ends |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pass_on, args=(source, sink), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                sink.sendall(data)
        self._forget(source, sink)

    def _forget(self, *ends: socket.socket) -> None:
        with self._lock:
            known = self._ends.intersection(ends)
            self._ends -= known
        for end in known:
            _reset(end)

    def _reset_all(self) -> None:
        with self._lock:
            ends = tuple(self._ends)
        self._forget(*ends)


@contextmanager
def relay_to(target: int) -> Iterator[Relay]:
    """A relay that is there while the block runs."""
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.close()


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        # Who reads from it in another thread is woken by this, and not by a close.
        end.shutdown(socket.SHUT_RD)
    end.close()
