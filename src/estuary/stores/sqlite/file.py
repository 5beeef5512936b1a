"""The database file: where it is, how it is connected to, and whether its files are still the same."""

import errno
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from estuary.core.errors import StoreRefused, StoreUnavailable
from estuary.ownership import create_folder, give_to_folders_owner
from estuary.stores.sqlite.names import Identity, Known, Names, identify, known_files, size_of
from estuary.stores.sqlite.open_log import OpenLog

LOWEST_VERSION = (3, 37, 0)
"""The first SQLite with STRICT tables; RETURNING came with 3.35."""

_NEVER_A_FOLDER = frozenset(
    {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG}
)
"""Why no folder can be made that no waiting mends; a disk that is full or away is another matter."""
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
    # A burst of writes may leave a long log behind: it is cut back when it starts again.
    f"PRAGMA journal_size_limit = {16 * 1024 * 1024}",
)


class CutShort(StoreUnavailable):
    """The main file is the one that was opened, and not all of it is there."""


class LogCutShort(StoreUnavailable):
    """The log is the one that was opened, and not all that was written to it is there."""


class DatabaseFile:
    """One SQLite file at `path`; `statements` is how many prepared statements a connection keeps."""

    def __init__(self, path: Path, *, statements: int) -> None:
        self.path = path.absolute()
        self._statements = statements
        self._known: list[Known] = []
        self._length = 0
        self._log: OpenLog | None = None

    def create_folder(self) -> None:
        """Make the folder the file lies in.

        Raises `StoreUnavailable` where that fails now, `StoreRefused` where it can never succeed.
        """
        try:
            create_folder(self.path.parent)
        except OSError as error:
            message = f"The folder {self.path.parent} cannot be made: {error.strerror}"
            refused = StoreRefused if error.errno in _NEVER_A_FOLDER else StoreUnavailable
            raise refused(message) from error

    def connect(self, *, timeout: float) -> sqlite3.Connection:
        """A connection that may write, and creates the file if it is missing.

        It waits `timeout` seconds at most for another process's lock.
        """
        self._create_for_owner()
        return self._connect("rwc", timeout, _WRITER_SETTINGS)

    def connect_again(self, *, timeout: float) -> sqlite3.Connection:
        """As `connect`, but only to a file that is there."""
        return self._connect("rw", timeout, _WRITER_SETTINGS)

    def connect_to_read(self, *, timeout: float) -> sqlite3.Connection:
        """A connection that cannot write, to the file that is there; it has the log open, too.

        Raises `StoreUnavailable` where these are not the files that were remembered.
        """
        connection = self._connect("ro", timeout, _READER_SETTINGS)
        try:
            # SQLite opens the log by its name, and not before the first read.
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def forget(self) -> None:
        """Take whatever is at the path for the database from now on."""
        self.forget_log()
        self._known = []

    def forget_log(self) -> None:
        """Take only the main file for the one that was remembered, and whatever log is beside it.

        Not for as long as this process has a connection: that would lose its locks on the index (POSIX).
        """
        self._known, self._length = [each for each in self._known if each.is_main], 0
        log, self._log = self._log, None
        if log is not None:
            log.close()

    def connect_to_look(self, *, timeout: float) -> sqlite3.Connection:
        """A connection to look with; the file, and what lies beside it, stay as they are.

        SQLite makes files for its log also for who only reads; it takes them away again for a connection
        that could write. Such a one would work the log of a process that crashed into the file: where there
        is a log, it is one that could not. Raises `StoreUnavailable` as `connect_to_read` does.
        """
        self.check()
        with_log = size_of(Names.of(self.path).log) > 0
        connection = self._connect("ro" if with_log else "rw", timeout, _READER_SETTINGS)
        try:
            # SQLite opens the log by its name, and not before the first read.
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
            connection.execute("PRAGMA query_only = ON")
            self.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def identities(self) -> list[Identity | None]:
        """What the names of the three files mean now; None where there is no such file."""
        return [identify(path) for path in Names.of(self.path)]

    def remember(self) -> None:
        """Take the three files that are there now for those that were opened; raises `StoreUnavailable`."""
        self.check()
        self._known = known_files(self.path)
        self._log = OpenLog(*self._known[1:3])

    def check(self) -> None:
        """Raise `StoreUnavailable` if a file was deleted or replaced since `remember`.

        Raise `CutShort` or `LogCutShort` if less is left of it than there must be.

        Connections would go on as if nothing had happened, on a file without a name: what they write is
        gone with the last process that has it open. As bad is a main file that has become shorter, or a log
        that is shorter than its index says: what another program cut off or wrote over, so that all that is
        written behind it is lost as well. This costs five calls of the system, some microseconds.
        """
        # Read first: another thread may see the file grow in between, and another process the log.
        known, log = self._length, self._log
        index = None if log is None else log.index()
        sizes = [each.size() for each in self._known] or [0]
        if sizes[0] < known:
            raise CutShort(
                f"The database is unavailable: its file {self.path.name} was cut short or written over"
            )
        # A process that empties the log rightly says so in the index first.
        if log is not None:
            if index is not None and sizes[1] < index.least_size and log.index() == index:
                name = self._known[1].path.name
                raise LogCutShort(
                    f"The database is unavailable: its file {name} was cut short or written over"
                )
            log.found_in_place(index)
        self._length = sizes[0]

    def may_shrink(self, length: int) -> bool:
        """Whether `length` (bytes) is less than the main file had; from now on it may have so little."""
        known, self._length = self._length, min(self._length, length)
        return length < known

    @property
    def is_in_place(self) -> bool:
        """Whether the main file is the one that was remembered, whatever is beside it."""
        return all(each.is_there for each in self._known if each.is_main)

    @property
    def has_foreign_log(self) -> bool:
        """Whether the main file that was remembered has another log now, in which something is written."""
        log = self._known[1]
        return self.is_in_place and not log.is_there and size_of(log.path) > 0

    def discard_moved_log(self) -> bool:
        """Where it has a foreign log: whether its own holds nothing that the main file lacks.

        Its own is then emptied: nothing can be moved from it by the index, which is the other's now.
        """
        return self._log is not None and self._known[2].is_there and self._log.discard_if_moved()

    def _create_for_owner(self) -> None:
        """Create the file if it is missing, for its owner alone; SQLite's others beside it follow it."""
        # Only a new file is opened here: closing one that SQLite has open would end its locks (POSIX).
        with suppress(OSError):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                give_to_folders_owner(descriptor, self.path.parent)
            finally:
                os.close(descriptor)

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
    """Raise `StoreRefused` if the SQLite that Python was built with is too old."""
    if sqlite3.sqlite_version_info < LOWEST_VERSION:
        wanted = ".".join(map(str, LOWEST_VERSION))
        raise StoreRefused(f"SQLite {wanted} or later is needed; this Python has {sqlite3.sqlite_version}")
