"""Region: the part of the metrics' memory that one worker writes, and any worker reads.

It holds numbers, and beside them a directory that says which series each of them belongs to. The directory
only grows: an entry is written first and counted afterwards, and a number is one aligned word, which
processors write whole. So a process that reads while another writes sees what was there before or after.

A worker that takes the place of a dead one goes on with its region: nothing counted is lost.
"""

from collections.abc import Sequence
from mmap import mmap
from typing import Protocol, SupportsIndex

import msgspec

from estuary.shared_memory import shared_bytes

Labels = tuple[str, ...]


class Numbers(Protocol):
    """A flat buffer of doubles."""

    def __getitem__(self, place: SupportsIndex, /) -> float: ...

    def __setitem__(self, place: SupportsIndex, number: float, /) -> None: ...


WIDEST = 64
"""The most cells that a series may have."""

_CELLS = 65_536
_DIRECTORY_BYTES = 256 * 1024
_WORD = 8

# The words in front: how many bytes of the directory count, how many cells are taken, whose region it is,
# and for how many series there was no room.
_LENGTH, _TAKEN, _OWNER, _LEFT_OUT = range(4)
_HEAD_WORDS = 8

_NUMBERS_AT = _HEAD_WORDS * _WORD
_DIRECTORY_AT = _NUMBERS_AT + _CELLS * _WORD
SIZE = _DIRECTORY_AT + _DIRECTORY_BYTES
"""Bytes of a region; pages that were never written take no memory."""

NOWHERE = _CELLS - WIDEST
"""The first of the cells that are not read: where series are counted for which there is no room."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One series: its metric, its label values, the first of its cells and how many there are."""

    metric: str
    labels: Labels
    place: int
    width: int


class Region:
    """A region in `memory`, which has `SIZE` bytes; zeroed memory is an empty region."""

    def __init__(self, memory: mmap | bytearray) -> None:
        self.memory = memory
        view = memoryview(memory)
        self.numbers = view[_NUMBERS_AT:_DIRECTORY_AT].cast("d")
        """Every cell. Only the owner writes them."""
        self._words = view[:_NUMBERS_AT].cast("Q")
        self._directory = view[_DIRECTORY_AT:SIZE]
        self._read = 0
        self._entries: dict[str, list[Entry]] = {}

    @property
    def owner(self) -> int:
        """The process that writes here, or 0."""
        return self._words[_OWNER]

    @owner.setter
    def owner(self, pid: int) -> None:
        self._words[_OWNER] = pid

    @property
    def left_out(self) -> int:
        """For how many series there was no room."""
        return self._words[_LEFT_OUT]

    def entries(self, metric: str) -> Sequence[Entry]:
        """Every series of `metric`, in order of appearance."""
        self._read_on()
        return self._entries.get(metric, ())

    def add(self, metric: str, labels: Labels, width: int) -> int:
        """The first cell of a new series, all of them zero; `NOWHERE` if there is no room for it."""
        place, end = self._words[_TAKEN], self._words[_LENGTH]
        text = _encode(Entry(metric, labels, place, width))
        start, new_end = end + _WORD, end + _WORD + len(text)
        if place + width > NOWHERE or new_end > _DIRECTORY_BYTES:
            self._words[_LEFT_OUT] += 1
            return NOWHERE
        # The order matters: the process may be killed between any two of these, and others read meanwhile.
        self._words[_TAKEN] = place + width
        self._directory[end:start] = len(text).to_bytes(_WORD, "little")
        self._directory[start:new_end] = text
        self._words[_LENGTH] = new_end
        return place

    def _read_on(self) -> None:
        """Take note of what has been added to the directory since the last time."""
        end = self._words[_LENGTH]
        while self._read < end:
            start = self._read + _WORD
            self._read = start + int.from_bytes(self._directory[start - _WORD : start], "little")
            entry = _decode(self._directory[start : self._read])
            self._entries.setdefault(entry.metric, []).append(entry)


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


def regions(count: int) -> list[Region]:
    """`count` empty regions, shared with every process that is forked afterwards."""
    return [Region(shared_bytes(SIZE)) for _ in range(count)]
