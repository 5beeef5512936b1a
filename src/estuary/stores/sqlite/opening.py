"""How a database is opened: made, checked or migrated, never other files than those that are in use."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

from estuary.core.errors import StoreError, StoreRefused, StoreUnavailable
from estuary.ownership import denied
from estuary.stores.sqlite.errors import DRIVER_ERRORS, is_busy, translate
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.migration import Migration, transaction
from estuary.stores.sqlite.names import Names
from estuary.stores.sqlite.other_processes import connect_to_current_files

T = TypeVar("T")

# A reader of a write-ahead log waits for no other process, save while one repairs the log.
_READ_LOCK_TIMEOUT = 0.05
_RETRY_INTERVAL = 0.01


class Opened(NamedTuple):
    """The first two connections to a database; a third is made where a read may take long."""

    writing: sqlite3.Connection
    reading: sqlite3.Connection


class Opening:
    """Opens `file`; blocking, for a thread. `timeout` (seconds) bounds each wait for another process.

    Every error is a `StoreError` that names the file: for the operator, never for a client.
    """

    def __init__(self, file: DatabaseFile, migration: Migration, *, timeout: float) -> None:
        self._file = file
        self._migration = migration
        self._timeout = timeout

    def open(self) -> Opened:
        """Connect to the file, made or checked, and remember its files."""
        self._file.create_folder()
        self._file.forget()
        with self.named():
            return self._open(self._connected())

    def reopen(self) -> Opened:
        """The same with the main file that was remembered and whatever log is beside it; does not wait."""
        self._file.forget_log()
        with self.named():
            self._file.check()
            return self._open(self._connected_again())

    def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """The statements that make the file fit; run, unless `only_plan`. A plan alone makes no file."""
        if not only_plan:
            self._file.create_folder()
        connect = self._connected_to_plan if only_plan else self._connected
        with self.named(), closing(connect()) as connection:
            return self._migration.run(connection, only_plan=only_plan)

    def look(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` makes of one state of the file as it lies there; nothing is made or changed."""
        with (
            self.named(),
            closing(self._connected_to_look()) as connection,
            transaction(connection, "BEGIN"),
        ):
            return read(connection)

    def _open(self, writing: sqlite3.Connection) -> Opened:
        try:
            self._prepare(writing)
            self._file.remember()
            return Opened(writing, self._file.connect_to_read(timeout=_READ_LOCK_TIMEOUT))
        except BaseException:
            writing.close()
            self._file.forget_log()
            raise

    def _connected(self) -> sqlite3.Connection:
        connect = partial(self._file.connect, timeout=self._timeout)
        return connect_to_current_files(self._file.path, connect, timeout=self._timeout, again=False)

    def _connected_to_look(self) -> sqlite3.Connection:
        connect = partial(self._file.connect_to_look, timeout=self._timeout)
        return connect_to_current_files(self._file.path, connect, timeout=self._timeout, again=False)

    def _connected_to_plan(self) -> sqlite3.Connection:
        """To the file, or to nothing where it is still to be made, unless that must not be."""
        if self._file.path.exists():
            return self._connected_to_look()
        connect = partial(sqlite3.connect, ":memory:", isolation_level=None)
        return connect_to_current_files(self._file.path, connect, timeout=self._timeout, again=False)

    def _connected_again(self) -> sqlite3.Connection:
        connect = partial(self._file.connect_again, timeout=self._timeout)
        return connect_to_current_files(self._file.path, connect, timeout=0.0, again=True)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # First only looking: a file that is not Estuary's, or does not fit, stays as it is.
        self._migration.look(connection)
        self._use_write_ahead_log(connection)
        self._migration.prepare(connection)
        connection.execute("PRAGMA busy_timeout = 0")

    def _use_write_ahead_log(self, connection: sqlite3.Connection) -> None:
        """Readers then never wait for the writer, nor it for them."""
        deadline = time.monotonic() + self._timeout
        mode = None
        while mode is None:
            try:
                (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                # SQLite does not wait here by itself when two processes make the same new file.
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise
                time.sleep(_RETRY_INTERVAL)
        if mode != "wal":
            raise StoreRefused("this file system cannot keep a write-ahead log")

    @contextmanager
    def named(self) -> Iterator[None]:
        """Errors in the block with the file's name, and with its owner where rights are what is missing."""
        try:
            yield
        except DRIVER_ERRORS as error:
            raise self._with_name(translate(error)) from error
        except StoreError as error:
            raise self._with_name(error) from error
        except OSError as error:
            kind = StoreRefused if isinstance(error, PermissionError) else StoreUnavailable
            raise self._with_name(kind(f"The database is unavailable: {error.strerror}")) from error

    def _with_name(self, error: StoreError) -> StoreError:
        path = self._file.path
        reason = denied((*Names.of(path), path.parent))
        return type(error)(f"{path}: {error}" if reason is None else f"{path}: {error}; {reason}")
