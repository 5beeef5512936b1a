"""The database file: where it is, how it is connected to, and whether it is still the same one."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from estuary.core.errors import StoreUnavailable

LOWEST_VERSION = (3, 37, 0)
"""The first SQLite with STRICT tables; RETURNING came with 3.35."""

_READER_SETTINGS = (
    # Measured at 10^6 records, 8 MiB read no faster than 2 MiB (SQLite's own default, here in KiB as a
    # negative number): the system caches the file anyway, so the memory is better left alone.
    "PRAGMA cache_size = -2048",
)
_WRITER_SETTINGS = (
    *_READER_SETTINGS,
    "PRAGMA foreign_keys = ON",
    # An acknowledged write survives a power cut, at the price of one fsync a commit.
    "PRAGMA synchronous = FULL",
    # A burst of writes may leave a long log behind: it is cut back when it starts anew.
    f"PRAGMA journal_size_limit = {16 * 1024 * 1024}",
)


class DatabaseFile:
    """One SQLite file at `path`; `statements` is how many prepared statements a connection keeps."""

    def __init__(self, path: Path, *, statements: int) -> None:
        self.path = path.absolute()
        self._statements = statements
        self._identity: tuple[int, int] | None = None

    def create_folder(self) -> None:
        """Make the folder the file lies in; raises `StoreUnavailable` where there can be none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"The folder {self.path.parent} cannot be made: {error.strerror}"
            raise StoreUnavailable(message) from error
        if self.path.is_dir():
            raise StoreUnavailable(f"The database {self.path} is a folder; name a file")

    def connect(self, *, timeout: float) -> sqlite3.Connection:
        """A connection that may write and makes the file if there is none.

        It waits `timeout` seconds at most for another process's lock.
        """
        self._create_for_owner()
        return self._connect("rwc", timeout, _WRITER_SETTINGS)

    def connect_to_read(self, *, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write, to the file that is there."""
        return self._connect("ro", timeout, _READER_SETTINGS)

    def remember(self) -> None:
        """Take the file that is there now for the one that was opened."""
        self._identity = self._identify()

    def check(self) -> None:
        """Raise `StoreUnavailable` if the file was deleted or replaced since `remember`.

        Its connections would go on as if nothing had happened, on a file that no longer has a name.
        """
        if self._identify() != self._identity:
            raise StoreUnavailable("The database is unavailable: its file was deleted or replaced")

    def _create_for_owner(self) -> None:
        """Make the file, if there is none, for its owner alone; SQLite's others beside it follow it."""
        # Only a new file is opened here: closing one that SQLite has open would end its locks (POSIX).
        with suppress(OSError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _identify(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _connect(self, mode: str, timeout: float, settings: Sequence[str]) -> sqlite3.Connection:
        # No memory mapping: it reads a fifth faster at 10^6 records, but an I/O error, or a file cut short
        # by another program, then ends the process with SIGBUS where it ought to be `StoreUnavailable`.
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=timeout,
            isolation_level=None,
            # One thread at a time uses it, but not always the same one.
            check_same_thread=False,
            cached_statements=self._statements,
        )
        try:
            for setting in settings:
                connection.execute(setting)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def check_library() -> None:
    """Raise `StoreUnavailable` if the SQLite that Python was built with is too old."""
    if sqlite3.sqlite_version_info < LOWEST_VERSION:
        wanted = ".".join(map(str, LOWEST_VERSION))
        raise StoreUnavailable(
            f"SQLite {wanted} or later is needed; this Python has {sqlite3.sqlite_version}"
        )
