"""PgBouncer in transaction mode before a PostgreSQL: each transaction gets whichever session is free."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.process import HOST, TIMEOUT_SECONDS
from tests.support.programs import require
from tests.support.servers.daemon import Daemon
from tests.support.servers.postgres import USER, Postgres

SESSIONS = 3
"""Sessions of the server that all clients share: fewer than they are, so that each meets all of them."""


class PgBouncer(Daemon):
    """A pooler that stands before `server`."""

    def __init__(self, program: str, folder: Path, user: str | None, server: Postgres) -> None:
        super().__init__(folder, user=user)
        self._program = program
        self._server = server

    @property
    def url(self) -> str:
        """The database `estuary` behind it."""
        return f"postgres://{USER}@{HOST}:{self.port}/estuary"

    def command(self) -> Sequence[str | Path]:
        """In the foreground, with a configuration that knows the port of now."""
        configuration = self.folder / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\nestuary = host={HOST} port={self._server.port} dbname=estuary user={USER}\n"
            f"[pgbouncer]\nlisten_addr = {HOST}\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
            f"max_client_conn = 200\nserver_login_retry = 0\n"
        )
        configuration.chmod(0o644)
        return [self._program, "-q", configuration]

    def answers(self) -> bool:
        """Whether it takes connections on its port."""
        try:
            socket.create_connection((HOST, self.port), timeout=TIMEOUT_SECONDS).close()
        except OSError:
            return False
        return True


@contextmanager
def pgbouncer(server: Postgres) -> Iterator[PgBouncer]:
    """A pooler of one's own, running."""
    program = require("pgbouncer", shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin"))
    with tempfile.TemporaryDirectory(prefix="estuary-pgbouncer-") as name:
        folder, user = Path(name), "nobody" if os.geteuid() == 0 else None
        if user is not None:
            # It refuses to run as root.
            shutil.chown(folder, user)
        pooler = PgBouncer(program, folder, user, server)
        try:
            pooler.start_anywhere()
            yield pooler
        finally:
            pooler.stop()
