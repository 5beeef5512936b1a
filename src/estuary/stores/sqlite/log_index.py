"""The index of a database's log (`-shm`): how long the log must be for what was acknowledged to be in it.

Its form is that of https://www.sqlite.org/walformat.html, in the byte order of the machine.
"""

import os
import struct
from typing import NamedTuple

_HEADER = struct.Struct("=12x2xHI4x8x8s8x")
"""Page size, number of frames in the log, the log's salts, and what lies between them."""
_LOG_HEADER, _FRAME_HEADER = 32, 24


class LogIndex(NamedTuple):
    """What an index says of its log."""

    page_size: int
    frames: int
    salts: bytes

    @property
    def least_size(self) -> int:
        """How many bytes the log has at least; 0 where nothing in it counts."""
        if self.frames == 0:
            return 0
        return _LOG_HEADER + self.frames * (_FRAME_HEADER + self.page_size)

    def is_of(self, log: int) -> bool:
        """Whether the file with the descriptor `log` can be it: it has the salts, and all the frames."""
        if self.frames == 0:
            return True
        header = os.pread(log, _LOG_HEADER, 0)
        return header[16:24] == self.salts and os.fstat(log).st_size >= self.least_size


def read_index(index: int) -> LogIndex | None:
    """What the file with the descriptor `index` says.

    None while a process writes to it: there are two copies, which are then not the same.
    """
    first = os.pread(index, _HEADER.size, 0)
    if len(first) < _HEADER.size or first != os.pread(index, _HEADER.size, _HEADER.size):
        return None
    page_size, frames, salts = _HEADER.unpack(first)
    return LogIndex(65536 if page_size == 1 else page_size, frames, salts)
