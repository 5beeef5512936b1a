"""Readings: what a host says of the machine and of this process, and the port that says it."""

from collections.abc import Mapping
from typing import Protocol

import msgspec


class Memory(msgspec.Struct, frozen=True):
    """Memory in bytes; what can be reclaimed at once (page cache) does not count as used."""

    total: int
    used: int


class Disk(msgspec.Struct, frozen=True):
    """Bytes read from and written to a block device since the machine started."""

    read: int
    written: int


class Network(msgspec.Struct, frozen=True):
    """Bytes that a network device received and sent since it came up."""

    received: int
    sent: int


class Process(msgspec.Struct, frozen=True):
    """A process: seconds of processor time, bytes of memory, file descriptors.

    The processor time includes that of children which have ended and were waited for. `max_fds` is None
    where there is no limit or the system does not say.
    """

    cpu_seconds: float
    resident: int
    virtual: int
    open_fds: int | None
    max_fds: int | None


class Host(Protocol):
    """What runs this process: the machine, or the container where one limits it.

    A figure that cannot be read is absent (None, or an empty mapping), never an error: a service may be
    confined to its own part of `/proc`.
    """

    def memory(self) -> Memory:
        """The memory that this process may use, and how much of it is in use."""
        ...

    def cpu_count(self) -> int:
        """How many processors this process may keep busy, at least one."""
        ...

    def cpu_seconds(self) -> Mapping[str, float]:
        """Seconds that all processors spent, by mode ("user", "idle", …)."""
        ...

    def load1(self) -> float | None:
        """The load average over one minute."""
        ...

    def disks(self) -> Mapping[str, Disk]:
        """Traffic by block device."""
        ...

    def networks(self) -> Mapping[str, Network]:
        """Traffic by network device."""
        ...

    def process(self, pid: int | None = None) -> Process | None:
        """The process `pid`, by default this one; None if it is not there or not to be seen."""
        ...
