"""The index of a database's log (`-shm`): how long the log must be for what was acknowledged to be in it.

Its form is that of https://www.sqlite.org/walformat.html, in the byte order of the machine.
"""

import os
import struct
from typing import NamedTuple

_HEADER = struct.Struct("=12x2xHI4x8x8s8x")
"""Page size, number of frames in the log, the log's salts, and what lies between them."""
_MOVED = struct.Struct("=I")
"""Behind the two copies: the number of frames that are in the main file already."""
LOG_HEADER = 32
_FRAME_HEADER = 24


class LogIndex(NamedTuple):
    """The state of a log by its index; the first `moved` of the `frames` are in the main file, too."""

    page_size: int
    frames: int
    salts: bytes
    moved: int

    @property
    def least_size(self) -> int:
        """How many bytes the log has at least; 0 where nothing in it counts."""
        if self.frames == 0:
            return 0
        return self._start_of_frame(self.frames)

    def is_of(self, log: int) -> bool:
        """Whether the file with the descriptor `log` can be it: it has the salts, and all the frames."""
        if self.frames == 0:
            return True
        return salts_of(log) == self.salts and os.fstat(log).st_size >= self.least_size

    def all_moved(self, log: int) -> bool:
        """Whether the file with the descriptor `log`, which has the salts, ends with what is moved."""
        return os.pread(log, 8, self._start_of_frame(self.moved) + 8) != self.salts

    def _start_of_frame(self, number: int) -> int:
        """The offset of a frame in the log; the first has the number 0."""
        return LOG_HEADER + number * (_FRAME_HEADER + self.page_size)


def salts_of(log: int) -> bytes:
    """The salts in the header of the log with the descriptor `log`; all zero where it has none."""
    return os.pread(log, 8, 16)


def read_index(index: int) -> LogIndex | None:
    """What the file with the descriptor `index` says.

    None while a process writes to it: there are two copies, which are then not the same.
    """
    first = os.pread(index, _HEADER.size, 0)
    second = os.pread(index, _HEADER.size + _MOVED.size, _HEADER.size)
    if len(second) < _HEADER.size + _MOVED.size or first != second[: _HEADER.size]:
        return None
    page_size, frames, salts = _HEADER.unpack(first)
    (moved,) = _MOVED.unpack_from(second, _HEADER.size)
    return LogIndex(65536 if page_size == 1 else page_size, frames, salts, moved)
