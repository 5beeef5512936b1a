"""The database as of one moment, read at leisure: a private copy by SQLite's online backup.

The copy (https://www.sqlite.org/backup.html) takes a moment and stops no writer. Reading the file itself
for as long as an export lasts would be as consistent, but would keep the write-ahead log from being cut
back. The copy has no name: SQLite keeps it in its temporary folder (SQLITE_TMPDIR, TMPDIR), and it is gone
with this process, however that ends.
"""

import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Any, TypeVar

from estuary.core.errors import StoreError, StoreUnavailable
from estuary.stores.sqlite.errors import DRIVER_ERRORS, translate, was_not_written
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.names import Identity
from estuary.stores.sqlite.other_processes import connect_to_current_files

T = TypeVar("T")

_ADVICE = "a copy of the database needs room in the temporary folder (SQLITE_TMPDIR, TMPDIR)"
BATCH = 1000
"""Rows that are fetched in one go."""


class OnlineBackup:
    """A copy of `file`, made by `take`; `timeout` (seconds) bounds the wait for another process's lock."""

    def __init__(self, file: DatabaseFile, *, timeout: float) -> None:
        self._file = file
        self._timeout = timeout
        self._executor = Executor("estuary-sqlite-backup")
        self._copy: sqlite3.Connection | None = None

    async def take(self) -> None:
        """Copy the file; raises `StoreUnavailable`."""
        self._copy = await self._executor.run(self._take)

    async def run(self, call: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `call` on the copy, in the thread; raises the store's errors for the driver's."""
        copy = self._taken()
        try:
            return await self._executor.run(lambda: call(copy))
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def rows(self, statement: str, parameters: Sequence[Any]) -> AsyncGenerator[list[Any], None]:
        """The rows of `statement`, in batches."""
        cursor = self._taken().cursor()
        try:
            await self._executor.run(lambda: cursor.execute(statement, parameters))
            while rows := await self._executor.run(lambda: cursor.fetchmany(BATCH)):
                yield rows
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    def close(self) -> None:
        """Let the copy go once the thread is done with it."""
        copy = self._copy
        if copy is not None:
            self._executor.run(copy.close)
        self._executor.stop()

    def _taken(self) -> sqlite3.Connection:
        if self._copy is None:
            raise RuntimeError("the copy was not taken")
        return self._copy

    def _take(self) -> sqlite3.Connection:
        connect = partial(self._file.connect_to_look, timeout=self._timeout)
        try:
            with closing(
                connect_to_current_files(self._file.path, connect, timeout=self._timeout, again=False)
            ) as source:
                opened = self._file.identities()
                copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
                try:
                    source.backup(copy, progress=self._progress_deadline())
                    self._demand(opened)
                except BaseException:
                    copy.close()
                    raise
        except DRIVER_ERRORS as error:
            raise _translated(error) from error
        return copy

    def _demand(self, opened: list[Identity | None]) -> None:
        """Raise `StoreUnavailable` where a file went while it was copied, and took records along."""
        if self._file.identities() != opened:
            raise StoreUnavailable("The database is unavailable: a file of it was deleted or replaced")

    def _progress_deadline(self) -> Any:
        """A progress handler that ends the copy, which itself would wait for a locked file for ever."""
        deadline = time.monotonic() + self._timeout

        def look(status: int, _remaining: int, _total: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() >= deadline:
                raise StoreUnavailable("The database is unavailable: another process holds the lock")

        return look


def _translated(error: BaseException) -> StoreError:
    """`translate`, with advice where there was no room for the copy: nothing else is written."""
    translated = translate(error)
    return StoreUnavailable(f"{translated}; {_ADVICE}") if was_not_written(error) else translated
