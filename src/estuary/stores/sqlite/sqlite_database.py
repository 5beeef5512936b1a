"""The open database: what may run on which of its connections, and what happens when a file of it is gone.

A file that was deleted or replaced lives on in the processes that have it open. What they write to it is
gone with the last of them, and what they read is not what others see. So each process looks whether its
files are still those at their names, before and after each commit and several times a second. Where they
are not, nothing is written or read any more. What was acknowledged is moved from the log, which is still
open, into the main file, and everything is closed. Once every process has let go, the database is opened
as after a restart: by itself if only the log or its index was lost; if it was the main file, when that is
there again.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from estuary.core.errors import StoreError, StoreUnavailable
from estuary.core.observations import ConnectionsChanged, StoreLost, StoreRecovered
from estuary.core.ports import Observer
from estuary.stores.sql.tables import TOTALS
from estuary.stores.sqlite.connections import Connections
from estuary.stores.sqlite.errors import CLOSED
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.fairness import WriterFairness
from estuary.stores.sqlite.file import CutShort, DatabaseFile, LogCutShort, check_library
from estuary.stores.sqlite.file_watch import WATCH_INTERVAL, FileWatch
from estuary.stores.sqlite.inline_reader import InlineReader
from estuary.stores.sqlite.migration import Migration
from estuary.stores.sqlite.opening import Opened, Opening
from estuary.stores.sqlite.reader_pool import Read
from estuary.stores.sqlite.writer import Operation

T = TypeVar("T")

REOPEN_INTERVAL = 1.0
"""Seconds before each attempt to use the database again: by the first one every worker has noticed."""

_HELD = (
    "put the file back, or restart the service to go on with what is there; until then process {} has open "
    "what was lost, with every record, and it can be copied from /proc"
)
_SPOILT = "stop the service, remove the database's files, and restore a backup"
_SPOILT_LOG = f"restart the service to go on with what is left, or {_SPOILT}"
_PING = f"SELECT total FROM {TOTALS} LIMIT 1"  # noqa: S608 (a constant name)


class Database:
    """One file, usable between `open` and `close`; outside them every use raises `StoreUnavailable`.

    Three ways in. `read`, and `row` for a single one, are for what a page bounds, and run on the event loop
    (see `InlineReader`). `read_apart` is for reads of any cost (see `ReaderPool`), `write` for durable
    writes (see `Writer`). `timeout` (seconds) bounds the last two, and `open` and `close`. `fairness` knows
    the writer of other workers.
    """

    def __init__(
        self,
        file: DatabaseFile,
        migration: Migration,
        *,
        timeout: float,
        observe: Observer,
        fairness: WriterFairness | None = None,
    ) -> None:
        self._file = file
        self._opening = Opening(file, migration, timeout=timeout)
        self.named = self._opening.named
        self._observe = observe
        self._connect = partial(
            Connections,
            file,
            timeout=timeout,
            check=self._check,
            fairness=fairness,
            changed=self._report_connections,
        )
        self._connections: Connections | None = None
        self._refusal: str | None = CLOSED
        self._reading = InlineReader()
        self.read = self._reading.read
        self.row = self._reading.row
        self._watch = FileWatch(file.check, self._recover)
        self._active = 0
        self._reported: set[str] = set()

    async def open(self) -> None:
        """Make the file usable; raises `StoreUnavailable` or `StoreSchemaMismatch`, changing nothing."""
        if self._watch.is_on:
            return
        check_library()
        await self._use(self._opening.open)
        self._watch.start()

    async def close(self) -> None:
        """Finish the writes that were accepted, move the log into the file and close every connection."""
        await self._watch.stop()
        self._refuse(CLOSED)
        await self._let_go()
        # A later look at what is there, as a backup takes, is not held to what was open.
        self._file.forget()

    async def migrate(self, *, only_plan: bool) -> Sequence[str]:
        """The statements that make the file fit; run, unless `only_plan`."""
        check_library()
        executor = Executor("estuary-sqlite-migration")
        try:
            return await executor.run(lambda: self._opening.migrate(only_plan=only_plan))
        finally:
            executor.stop()

    async def look(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` makes of the file as it lies there, open or not; nothing is made or changed."""
        check_library()
        executor = Executor("estuary-sqlite-look")
        try:
            return await executor.run(lambda: self._opening.look(read))
        finally:
            executor.stop()

    def write(self, operation: Operation[T]) -> asyncio.Future[T]:
        """The outcome of `operation`, once it is durable."""
        return self._usable().writer.run(operation)

    async def read_apart(self, read: Read[T]) -> T:
        """The outcome of `read`, which may take long, from a thread with its own connection."""
        return await self._usable().readers.run(read)

    async def read_in_turn(self, read: Read[T]) -> T:
        """The same of a read that skips many records; see `ReaderPool.run_in_turn`."""
        return await self._usable().readers.run_in_turn(read)

    async def read_within(self, read: Read[T], budget: float) -> T:
        """The same of a read that no index serves; see `ReaderPool.run_within`."""
        return await self._usable().readers.run_within(read, budget)

    def ping(self) -> None:
        """Return if the files are there, are those that were opened, and can be read."""
        self._usable()
        self._check()
        self.read(lambda cursor: cursor.execute(_PING).fetchone())

    def _usable(self) -> Connections:
        if self._connections is None or self._refusal is not None:
            raise StoreUnavailable(self._refusal or CLOSED)
        return self._connections

    def _check(self) -> None:
        """What `DatabaseFile.check` does, in any thread; a loss is handled at once."""
        try:
            self._file.check()
        except StoreUnavailable:
            self._watch.look_soon()
            raise

    def _refuse(self, reason: str) -> None:
        """Answer nothing from now on, but with `reason`."""
        self._refusal = reason
        self._reading.close(reason)

    async def _use(self, connect: Callable[[], Opened]) -> None:
        """Use the connections that `connect` makes in a thread; raises what it raises."""
        executor = Executor("estuary-sqlite-writer")
        try:
            writing, reading = await executor.run(connect)
        except BaseException:
            executor.stop()
            raise
        self._connections = self._connect(writing, executor)
        self._reading.open(reading)
        self._refusal = None
        self._report_connections()

    async def _let_go(self) -> None:
        connections = self._connections
        if connections is not None:
            await connections.finish()
            await connections.close()
            self._connections = None
            self._report_connections()

    async def _recover(self, lost: StoreUnavailable) -> None:
        """Return when the files are whole and open again, which may be never."""
        if isinstance(lost, LogCutShort):
            await self._give_up(str(lost), _SPOILT_LOG)
        elif not isinstance(lost, CutShort):
            await self._reopen(str(lost))
        elif not self._was_vacuumed():
            await self._give_up(str(lost), _SPOILT)

    def _was_vacuumed(self) -> bool:
        """Whether the file is shorter because it has fewer pages: VACUUM removes those that are free."""
        try:
            return self._file.may_shrink(self.read(_bytes_of_all_pages))
        except StoreError:
            return False

    async def _give_up(self, reason: str, advice: str) -> None:
        """Answer nothing until the store is closed: what the log holds fits only what was there before."""
        self._refuse(reason)
        self._tell(f"{self._file.path}: {reason}: {advice}")
        await asyncio.Event().wait()

    async def _reopen(self, loss: str) -> None:
        """Bring in safety what was acknowledged, let everything go, and return when it is open again."""
        self._refuse(loss)
        self._tell(f"{self._file.path}: {loss}")
        while not await self._rescued():  # noqa: ASYNC110 - there is no event from other programs
            await asyncio.sleep(WATCH_INTERVAL)
        if not self._file.is_in_place:
            self._tell(f"{self._file.path}: {_HELD.format(os.getpid())}")
        # As long as it is held it can be put back, or copied from /proc, though it has no name any more.
        while not self._file.is_in_place:  # noqa: ASYNC110 - as above
            await asyncio.sleep(WATCH_INTERVAL)
        await self._let_go()
        await asyncio.sleep(REOPEN_INTERVAL)
        while not await self._reopened():  # noqa: ASYNC110 - as above
            await asyncio.sleep(REOPEN_INTERVAL)
        self._reported.clear()
        self._observe(StoreRecovered())

    async def _rescued(self) -> bool:
        if self._connections is None:
            return True
        await self._connections.finish()
        try:
            await self._connections.rescue()
        except StoreError as error:
            self._tell(
                f"{self._file.path}: what was acknowledged last would be gone with this process: {error}"
            )
            return False
        return True

    async def _reopened(self) -> bool:
        try:
            await self._use(self._opening.reopen)
        except StoreError as error:
            self._tell(str(error))
            return False
        return True

    def _tell(self, reason: str) -> None:
        """Tell of a loss, or of what keeps it from being mended: of each reason once."""
        if reason not in self._reported:
            self._reported.add(reason)
            self._observe(StoreLost(reason))

    def _report_connections(self) -> None:
        active = 0 if self._connections is None else self._connections.opened
        if active != self._active:
            self._active = active
            self._observe(ConnectionsChanged(active))


def _bytes_of_all_pages(cursor: sqlite3.Cursor) -> int:
    """How long the file is once the log is moved into it."""
    (pages,), (size,) = (cursor.execute(f"PRAGMA page_{what}").fetchone() for what in ("count", "size"))
    return int(pages * size)
