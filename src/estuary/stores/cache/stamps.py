"""Stamps: what shows every worker on a machine that a record was written to since it was read."""

import os
from zlib import crc32

STAMPS = 1 << 16
"""Records share so many stamps: a write makes the few others with the same one be read again, too."""
_BYTES = 8


def unshared() -> "memoryview[int]":
    """The numbers of a process that is alone."""
    return memoryview(bytearray(_BYTES * STAMPS)).cast("Q")


class Stamps:
    """`numbers` are `STAMPS` unsigned 64-bit ones, which processes may share.

    A new stamp is random, not the old one plus one: two processes that count up at the same time would
    both write the same number, and one write would go unseen.
    """

    def __init__(self, numbers: "memoryview[int]") -> None:
        self._numbers = numbers

    def of(self, record_id: str) -> int:
        """The stamp that holds for the record now."""
        return self._numbers[crc32(record_id.encode()) % STAMPS]

    def renew(self, record_id: str) -> None:
        """Let every earlier stamp of the record hold no longer."""
        self._numbers[crc32(record_id.encode()) % STAMPS] = int.from_bytes(os.urandom(_BYTES))

    def renew_all(self) -> None:
        """Let no earlier stamp hold."""
        for place in range(STAMPS):
            self._numbers[place] = int.from_bytes(os.urandom(_BYTES))
