"""Whether other processes that have a database open use the very files that are at its path.

They need not: a log (`-wal`) or its index (`-shm`) that was deleted or replaced lives on in the processes
that have it open. A process that opens the database then makes another one, sees a part of the records, and
neither's locks stop the other. SQLite does not notice; its locks and its index show it, though:
https://www.sqlite.org/walformat.html, https://www.sqlite.org/lockingv3.html.
"""

import fcntl
import os
import sqlite3
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from estuary.core.errors import StoreUnavailable
from estuary.stores.sqlite.log_index import read_index
from estuary.stores.sqlite.names import Names, demand_regular, size_of

_FLOCK = struct.Struct("hhqqi0q")
"""`struct flock` of fcntl(2), as 64-bit Linux has it: type, whence, start, length, process."""
_SHARED_LOCK = 0x40000002, 510
"""Start and length of the lock that every process holds in the main file while it has the log open."""
_INDEX_LOCK = 128, 1
"""Start and length of its lock in the index."""
_VERSION_OFFSET, _WRITE_AHEAD = 18, b"\x02"
"""In the main file's header (https://www.sqlite.org/fileformat.html): whether there is a log at all."""
_POLL = 0.05
"""Seconds between two looks: a process that is just opening or closing the database is soon done."""

_opening = threading.Lock()


def connect_to_current_files(
    path: Path, connect: Callable[[], sqlite3.Connection], *, timeout: float, again: bool
) -> sqlite3.Connection:
    """The outcome of `connect`, once it opens the files that all others have open.

    `again`: not before this process has closed the database itself. Raises `StoreUnavailable` if it does
    not come to that within `timeout` seconds, `StoreRefused` where `path` is no file, and what `connect`
    raises.
    """
    demand_regular(path)
    deadline = time.monotonic() + timeout
    while True:
        with _opening:
            obstacle = _obstacle(Names.of(path), again=again)
            if obstacle is None:
                return connect()
        if time.monotonic() >= deadline:
            raise StoreUnavailable(f"The database is unavailable: {obstacle}")
        time.sleep(_POLL)


def _obstacle(names: Names, *, again: bool) -> str | None:
    """Why the files at `names` must not be opened now; None where they may."""
    if _is_open_here(names.main):
        # To close a descriptor of a file that this process has open would end its locks (POSIX).
        return "this process still has it open" if again else None
    with _opened(names.main) as main, _opened(names.log_index) as index:
        keeper = None if index is None else _holder(index, *_INDEX_LOCK)
        if main is not None and (holder := _holder(main, *_SHARED_LOCK)) is not None:
            what = _misfit(names, main, None if keeper is None else index)
            return None if what is None else _held(holder, "the database", what)
        if keeper is not None:
            return _held(keeper, names.log_index.name, names.main.name)
        if size_of(names.main) == 0 and size_of(names.log) > 0:
            # SQLite would take the database for new, and delete the log with what is in it.
            return f"{names.log.name} is there without its database: bring that back first"
    return None


def _misfit(names: Names, main: int, index: int | None) -> str | None:
    """Which file those who have `main` open do not have open as it is there; `index` is in use."""
    if os.pread(main, 1, _VERSION_OFFSET) != _WRITE_AHEAD:
        return None
    if not names.log.exists():
        return names.log.name
    if index is None:
        return names.log_index.name
    return names.log.name if _differ(names.log, index) else None


def _held(process: int, opened: str, lost: str) -> str:
    return (
        f"process {process} has {opened} open, but its {lost} was deleted or replaced: "
        "end that process, or wait until it has noticed"
    )


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """A descriptor to look at the file with; None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _is_open_here(path: Path) -> bool:
    try:
        wanted = path.stat()
        descriptors = [int(each.name) for each in Path("/proc/self/fd").iterdir()]
    except OSError:
        return False
    for descriptor in descriptors:
        with suppress(OSError):
            found = os.fstat(descriptor)
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False


def _holder(descriptor: int, start: int, length: int) -> int | None:
    """A process that shares a lock on the range; other systems than Linux are not asked."""
    if sys.platform != "linux":
        return None
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    kind, _, _, _, process = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    return int(process) if kind == fcntl.F_RDLCK else None


def _differ(log: Path, index: int) -> bool:
    """Whether the log cannot be the one that the index is of."""
    found = read_index(index)
    if found is None:
        return False
    with _opened(log) as descriptor:
        return descriptor is not None and not found.is_of(descriptor)
