"""The connections of an open database, and their end: in peace, or where a file of the database is gone."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress

from estuary.core.errors import StoreUnavailable
from estuary.stores.sqlite.errors import translate
from estuary.stores.sqlite.executor import Executor
from estuary.stores.sqlite.fairness import WriterFairness
from estuary.stores.sqlite.file import DatabaseFile
from estuary.stores.sqlite.reader_pool import ReaderPool
from estuary.stores.sqlite.writer import Writer

_WRITING_AND_READING = 2
_RESCUE_LOCK_WAIT_SECONDS = 1.0
"""Seconds that moving the log into the file waits for those who read it, or are at the same, in one go."""
_RETRY_INTERVAL = 0.01


class Connections:
    """All but the one that reads on the event loop, which is `InlineReader`'s.

    `writing` is used in the thread of `executor`, where it was made. `check` is `file.check`, or calls it.
    `timeout` (seconds) bounds every use, and each step of the end. `changed` is called when `opened` may
    have changed.
    """

    def __init__(
        self,
        file: DatabaseFile,
        writing: sqlite3.Connection,
        executor: Executor,
        *,
        timeout: float,
        check: Callable[[], None],
        fairness: WriterFairness | None,
        changed: Callable[[], None],
    ) -> None:
        self._file = file
        self._writing = writing
        self._executor = executor
        self._timeout = timeout
        self.writer = Writer(writing, executor, timeout=timeout, check=check, fairness=fairness)
        self.readers = ReaderPool(file, timeout=timeout, changed=changed)

    @property
    def opened(self) -> int:
        """How many connections are open, that of `InlineReader` included."""
        return _WRITING_AND_READING + self.readers.opened

    async def finish(self) -> None:
        """Take nothing more; return when what was taken is settled, in bounded time."""
        await self.writer.close()
        await self.readers.close()

    async def rescue(self) -> None:
        """Move the log into the main file, though either may have no name any more.

        Both are still open here: nothing that was acknowledged then depends on a log that is gone. Raises
        `StoreUnavailable` where that cannot be done now.
        """
        await self._executor.run(self._rescue)

    async def close(self) -> None:
        """After `finish`: move the log into the file, as far as that goes, and close every connection."""
        await asyncio.wait([self._executor.run(self._close)], timeout=self._timeout)
        self._executor.stop()

    def _rescue(self) -> None:
        """In the thread."""
        deadline = time.monotonic() + _RESCUE_LOCK_WAIT_SECONDS
        while not self._moved():
            if time.monotonic() >= deadline:
                raise StoreUnavailable(
                    "another program has written a log of its own in the place of the lost one"
                    if self._file.has_foreign_log
                    else "another process still uses the lost log"
                )
            time.sleep(_RETRY_INTERVAL)

    def _moved(self) -> bool:
        if self._file.has_foreign_log:
            # Often another worker's, which has moved the lost one already and goes on with a new one.
            return self._file.discard_moved_log()
        try:
            busy, frames, moved = self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise translate(error) from error
        return not busy or 0 <= frames == moved

    def _close(self) -> None:
        """In the thread: writes are durable already, so a failure is harmless."""
        with suppress(sqlite3.Error):
            self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._writing.close()
