"""The open database: its connections, and what may run on which of them."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import NamedTuple, TypeVar

from estuary.core.errors import StoreError, StoreUnavailable
from estuary.core.observations import ConnectionsChanged
from estuary.core.ports import Observer
from estuary.stores.sql.tables import TOTALS
from estuary.stores.sqlite.courtesy import Courtesy
from estuary.stores.sqlite.errors import CLOSED, DRIVER_ERRORS, is_busy, translate
from estuary.stores.sqlite.file import DatabaseFile, check_library
from estuary.stores.sqlite.migration import Migration
from estuary.stores.sqlite.readers import Read, Readers
from estuary.stores.sqlite.reading import Reading
from estuary.stores.sqlite.worker import Worker
from estuary.stores.sqlite.writer import Operation, Writer

T = TypeVar("T")

_PING = f"SELECT total FROM {TOTALS} LIMIT 1"  # noqa: S608 (a constant name)
# A reader of a write-ahead log waits for nobody, save for moments while another process repairs the log.
_READ_LOCK_TIMEOUT = 0.05
_RETRY_INTERVAL = 0.01


class _Parts(NamedTuple):
    """What an open database holds."""

    worker: Worker
    writing: sqlite3.Connection
    writer: Writer
    readers: Readers


class Database:
    """One file, usable between `open` and `close`; outside them every use raises `StoreUnavailable`.

    Three ways in. `read`, and `row` for a single one, are for what a page bounds, and run on the event loop
    (see `Reading`). `read_apart` is for reads of any cost (see `Readers`), `write` for durable writes (see
    `Writer`). `timeout` (seconds) bounds the last two, and `open` and `close`. `courtesy` tells the writer
    of other workers.
    """

    def __init__(
        self,
        file: DatabaseFile,
        migration: Migration,
        *,
        timeout: float,
        observe: Observer,
        courtesy: Courtesy | None = None,
    ) -> None:
        self._file = file
        self._migration = migration
        self._timeout = timeout
        self._observe = observe
        self._courtesy = courtesy
        self._parts: _Parts | None = None
        self._reading = Reading()
        self.read = self._reading.read
        self.row = self._reading.row
        self._active = 0

    async def open(self) -> None:
        """Make the file usable; raises `StoreUnavailable` or `StoreSchemaMismatch`, changing nothing."""
        if self._parts is not None:
            return
        check_library()
        worker = Worker("estuary-sqlite-writer")
        try:
            writing, reading = await worker.run(self._connect)
        except BaseException:
            worker.stop()
            raise
        self._file.remember()
        writer = Writer(
            writing, worker, timeout=self._timeout, check=self._file.check, courtesy=self._courtesy
        )
        readers = Readers(self._file, timeout=self._timeout, changed=self._report_connections)
        self._reading.open(reading)
        self._parts = _Parts(worker, writing, writer, readers)
        self._report_connections()

    async def close(self) -> None:
        """Finish the writes that were accepted, move the log into the file and close every connection."""
        parts, self._parts = self._parts, None
        if parts is None:
            return
        self._reading.close()
        await parts.writer.close()
        await parts.readers.close()
        await asyncio.wait([parts.worker.run(lambda: _finish(parts.writing))], timeout=self._timeout)
        parts.worker.stop()
        self._report_connections()

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """The statements that make the file fit; run, unless `only_plan`."""
        check_library()
        worker = Worker("estuary-sqlite-migration")
        try:
            return await worker.run(lambda: self._migrate(only_plan=only_plan))
        finally:
            worker.stop()

    def write(self, operation: Operation[T]) -> asyncio.Future[T]:
        """The outcome of `operation`, once it is durable."""
        return self._open_parts().writer.run(operation)

    async def read_apart(self, read: Read[T]) -> T:
        """The outcome of `read`, which may take long, from a thread with a connection of its own."""
        return await self._open_parts().readers.run(read)

    def ping(self) -> None:
        """Return if the file is there, is the one that was opened, and can be read."""
        self._open_parts()
        self._file.check()
        self.read(lambda cursor: cursor.execute(_PING).fetchone())

    def _open_parts(self) -> _Parts:
        if self._parts is None:
            raise StoreUnavailable(CLOSED)
        return self._parts

    def _report_connections(self) -> None:
        active = 0 if self._parts is None else 2 + self._parts.readers.opened
        if active != self._active:
            self._active = active
            self._observe(ConnectionsChanged(active))

    def _connect(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        """In the thread: the file, made or checked, and its connections to write and to read."""
        self._file.create_folder()
        try:
            writing = self._file.connect(timeout=self._timeout)
            try:
                self._prepare(writing)
                return writing, self._file.connect_to_read(timeout=_READ_LOCK_TIMEOUT)
            except BaseException:
                writing.close()
                raise
        except DRIVER_ERRORS as error:
            raise self._named(translate(error)) from error
        except StoreError as error:
            raise self._named(error) from error

    def _migrate(self, *, only_plan: bool) -> Sequence[str]:
        """In the thread: a plan alone makes no file."""
        if not only_plan:
            self._file.create_folder()
        elif not self._file.path.exists():
            with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
                return self._migration.run(connection, only_plan=True)
        try:
            connection = self._file.connect(timeout=self._timeout)
            with closing(connection):
                return self._migration.run(connection, only_plan=only_plan)
        except DRIVER_ERRORS as error:
            raise self._named(translate(error)) from error
        except StoreError as error:
            raise self._named(error) from error

    def _named(self, error: StoreError) -> StoreError:
        """`error` with the file's name: for the operator at start-up, never for a client."""
        return type(error)(f"{self._file.path}: {error}")

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
            raise StoreUnavailable("this file system cannot keep a write-ahead log")


def _finish(connection: sqlite3.Connection) -> None:
    """In the thread: close the last connection; writes are durable already, so a failure is harmless."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
