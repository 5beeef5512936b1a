"""Memory that a process shares with every process it forks afterwards.

It is anonymous and zeroed; pages that are never touched cost nothing. The part that uses the memory says
what its bytes mean. A word is aligned, so processors read and write it whole.
"""

from mmap import mmap
from typing import Protocol

_WORD_BYTES = 8


class Words(Protocol):
    """Unsigned 64-bit integers, one for each process or record."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: int, /) -> int: ...

    def __setitem__(self, place: int, word: int, /) -> None: ...


def shared_bytes(size: int) -> mmap:
    """`size` bytes."""
    return mmap(-1, size)


def shared_words(count: int) -> "memoryview[int]":
    """`count` unsigned 64-bit integers."""
    return memoryview(mmap(-1, count * _WORD_BYTES)).cast("Q")


def shared_double() -> "memoryview[float]":
    """One double-precision number, at index 0."""
    return memoryview(mmap(-1, _WORD_BYTES)).cast("d")
