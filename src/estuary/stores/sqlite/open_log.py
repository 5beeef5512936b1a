"""A database's log and its index, kept open: what the log still holds that the main file lacks.

That is asked where the log has lost its name, and another one is written to under the same index.
"""

import os

from estuary.stores.sqlite.log_index import LOG_HEADER, LogIndex, read_index, salts_of
from estuary.stores.sqlite.names import Known


class OpenLog:
    """The files that `log` and `index` name; raises `StoreUnavailable` where those are others by now."""

    def __init__(self, log: Known, index: Known) -> None:
        self._index = index.open("rb")
        try:
            self._log = log.open("r+b")
        except BaseException:
            self._index.close()
            raise
        self._last = self.index()

    def index(self) -> LogIndex | None:
        """The content of the index; None while a process writes to it."""
        return read_index(self._index.fileno())

    def found_in_place(self, index: LogIndex | None) -> None:
        """Note what the index held at a look that found both files at their names, and whole."""
        self._last = index or self._last

    def discard_if_moved(self) -> bool:
        """Cut the log's frames off if the main file has all that was acknowledged; whether it has.

        SQLite's connections to this log go by the index, which now describes the other one: their
        checkpoint would copy into the main file what stands here in the places of that one's frames. Where
        there is nothing to read, it fails. The header stays, so that other processes see why the frames are
        gone.
        """
        if not self._is_moved():
            return False
        if os.fstat(self._log.fileno()).st_size > LOG_HEADER:
            os.ftruncate(self._log.fileno(), LOG_HEADER)
        return True

    def close(self) -> None:
        """Not for as long as this process has a connection: its locks on the index would end (POSIX)."""
        self._index.close()
        self._log.close()

    def _is_moved(self) -> bool:
        """Whether the main file has all that was acknowledged.

        What the index says now is no proof: who has the other log open may have moved frames from there
        that only this one has. So it goes by the last look at which the log was in its place: what was
        acknowledged before the loss, and not moved by then, is still in this log.
        """
        log, last, index = self._log.fileno(), self._last, self.index()
        if last is None or index is None:
            return False
        size = os.fstat(log).st_size
        if size == LOG_HEADER:
            # Discarded by another process, which saw the same.
            return True
        salts = salts_of(log)
        if not any(salts):
            # Emptied: by a checkpoint, which has the next log begin with other salts, or cut off.
            return last.frames == 0 or last.salts != index.salts
        return salts == last.salts and size >= last.least_size and last.all_moved(log)
