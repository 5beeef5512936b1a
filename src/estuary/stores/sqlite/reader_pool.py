"""Reads whose cost is not bounded by a page: in a few threads, so that they never hold the event loop."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from estuary.core.errors import QueriesWaiting, StoreUnavailable
from estuary.stores.shielding import outcome_of
from estuary.stores.sqlite.errors import CLOSED, DRIVER_ERRORS, translate
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.file import DatabaseFile

T = TypeVar("T")
Read = Callable[[sqlite3.Cursor], T]

READERS = 2
"""Threads at most; each, with its connection, is made when it is first needed."""
_STEPS_BETWEEN_LOOKS = 10_000
"""Steps of SQLite's machine, less than a millisecond in all, after which a read looks whether to go on."""
UNSERVED = 1
"""Reads whose cost no index bounds that run at a time."""
MAX_WAITING = 64
"""Reads that may wait for a thread; past it a caller is refused at once."""
_TOOK_TOO_LONG = "The database is unavailable: the read took too long"


class OutOfTime(Exception):
    """A read took longer than the budget that it had."""


class _Reader:
    """A thread and its connection, which it opens itself."""

    def __init__(self, file: DatabaseFile, timeout: float) -> None:
        self._file = file
        self._timeout = timeout
        self.executor = Executor("estuary-sqlite-reader")
        self.connection: sqlite3.Connection | None = None
        self.abandoned = False
        """No caller waits for the read that runs: it fails soon. (`sqlite3.Connection.interrupt` alone does
        not help where the first statement has not begun yet: it reaches only one that runs.)"""

    def perform(self, read: Read[T]) -> T:
        """In the thread: the outcome of `read`."""
        try:
            if self.connection is None:
                self.connection = self._connect()
            return read(self.connection.cursor())
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    def _connect(self) -> sqlite3.Connection:
        connection = self._file.connect_to_read(timeout=self._timeout)
        connection.set_progress_handler(lambda: self.abandoned, _STEPS_BETWEEN_LOOKS)
        return connection

    def abandon(self) -> None:
        """Break off the read that runs."""
        self.abandoned = True
        if self.connection is not None:
            self.connection.interrupt()

    def close(self) -> None:
        """In the thread: let the connection go."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class ReaderPool:
    """Runs reads beside the event loop; `timeout` (seconds) bounds each, its wait for a thread included.

    `changed` is called after the number of open connections (`opened`) may have grown.
    """

    def __init__(self, file: DatabaseFile, *, timeout: float, changed: Callable[[], None]) -> None:
        self._file = file
        self._timeout = timeout
        self._changed = changed
        self._slots = asyncio.Semaphore(READERS)
        self._unserved = asyncio.Semaphore(UNSERVED)
        self._waiting = 0
        self._closed = False
        self._idle: list[_Reader] = []
        self._all: list[_Reader] = []

    @property
    def opened(self) -> int:
        """How many connections are open."""
        return sum(reader.connection is not None for reader in self._all)

    async def run_within(self, read: Read[T], budget: float) -> T:
        """The outcome of `read`, which no index serves: there is always a thread that does none of these.

        Raises `OutOfTime` where it takes longer than `budget` (seconds), and `QueriesWaiting` where it
        waits so long for another one.
        """
        await self._turn(budget)
        try:
            return await self.run(read, min(budget, self._timeout))
        finally:
            self._unserved.release()

    async def run_in_turn(self, read: Read[T]) -> T:
        """The outcome of `read`, which reads many records, in turn with those that no index serves.

        Raises `QueriesWaiting` or `StoreUnavailable` where it waits, or reads, for too long.
        """
        ends = asyncio.get_running_loop().time() + self._timeout
        await self._turn(self._timeout)
        try:
            async with asyncio.timeout_at(ends):
                return await self.run(read)
        except TimeoutError as error:
            raise StoreUnavailable(_TOOK_TOO_LONG) from error
        finally:
            self._unserved.release()

    async def _turn(self, seconds: float) -> None:
        """Wait for one of the turns of reads whose cost no index bounds."""
        try:
            async with asyncio.timeout(seconds):
                await self._unserved.acquire()
        except TimeoutError as error:
            raise QueriesWaiting from error

    async def run(self, read: Read[T], budget: float | None = None) -> T:
        """The outcome of `read`; raises `StoreUnavailable` when too many wait or time is up.

        With a budget (seconds) raises `OutOfTime` where the read itself takes longer.
        """
        if self._waiting >= MAX_WAITING:
            raise StoreUnavailable("The database is unavailable: too many reads are waiting")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout + (budget or 0.0)):
                await self._slots.acquire()
                return await self._perform(read, budget)
        except TimeoutError as error:
            raise StoreUnavailable(_TOOK_TOO_LONG) from error
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Break off what is running and close every connection."""
        self._closed = True
        for reader in self._all:
            reader.abandon()
        closing = [reader.executor.run(reader.close) for reader in self._all]
        if closing:
            await asyncio.wait(closing, timeout=self._timeout)
        for reader in self._all:
            reader.executor.stop()

    async def _perform(self, read: Read[T], budget: float | None) -> T:
        """Run `read` on an idle reader; the caller's slot is given back when the thread is done with it."""
        if self._closed:
            self._slots.release()
            raise StoreUnavailable(CLOSED)
        reader = self._idle.pop() if self._idle else self._make()
        reader.abandoned = False
        future = reader.executor.run(lambda: reader.perform(read))
        future.add_done_callback(lambda done: self._release(reader, done))
        in_time = asyncio.timeout(budget)
        try:
            async with in_time:
                try:
                    return await outcome_of(future)
                except asyncio.CancelledError:
                    reader.abandon()
                    raise
        except TimeoutError:
            if in_time.expired():
                raise OutOfTime from None
            raise

    def _make(self) -> _Reader:
        reader = _Reader(self._file, self._timeout)
        self._all.append(reader)
        return reader

    def _release(self, reader: _Reader, done: asyncio.Future[T]) -> None:
        # Asking for the error marks it as seen: the caller may have left.
        done.exception()
        self._idle.append(reader)
        self._slots.release()
        self._changed()
