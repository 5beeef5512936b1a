"""The three files of a SQLite database: their names, and whether each still means the same file."""

import os
from pathlib import Path
from stat import S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFSOCK, S_ISREG
from typing import IO, NamedTuple

from estuary.core.errors import StoreRefused, StoreUnavailable

_KINDS = {
    S_IFDIR: "a folder",
    S_IFIFO: "a FIFO (a named pipe)",
    S_IFSOCK: "a socket",
    S_IFCHR: "a device",
    S_IFBLK: "a device",
}


class Identity(NamedTuple):
    """The identity of a file by a name, unique for as long as the file is open."""

    device: int
    inode: int


class Names(NamedTuple):
    """Where the three files of a database are. Connections have all of them open, and need all of them.

    SQLite puts the log and its index beside the file itself, not beside a symbolic link that leads there.
    """

    main: Path
    log: Path
    log_index: Path

    @classmethod
    def of(cls, path: Path) -> "Names":
        """The names of the database at `path`, a link or not."""
        main = path.resolve()
        return cls(path, main.with_name(f"{main.name}-wal"), main.with_name(f"{main.name}-shm"))


class Known(NamedTuple):
    """A name that was found to mean the file `identity`; `may_be_link`: through links."""

    path: Path
    identity: Identity
    is_main: bool
    may_be_link: bool

    @classmethod
    def of(cls, path: Path, *, is_main: bool = False, may_be_link: bool = True) -> "Known":
        """What `path` means now; raises `StoreUnavailable` where there is no file."""
        identity = identify(path)
        if identity is None:
            raise StoreUnavailable(_lost(path))
        return cls(path, identity, is_main, may_be_link)

    @property
    def is_there(self) -> bool:
        """Whether the name still means that file."""
        try:
            self.size()
        except StoreUnavailable:
            return False
        return True

    def size(self) -> int:
        """In bytes; raises `StoreUnavailable` where the name means another file, or none."""
        try:
            # pathlib's takes twice as long, before and after every commit.
            found = os.stat(self.path, follow_symlinks=self.may_be_link)  # noqa: PTH116
        except OSError:
            raise StoreUnavailable(_lost(self.path)) from None
        if (found.st_dev, found.st_ino) != self.identity:
            raise StoreUnavailable(_lost(self.path))
        return found.st_size

    def open(self, mode: str) -> IO[bytes]:
        """Open that file, unbuffered; raises `StoreUnavailable` where the name means another, or none."""
        try:
            file = open(self.path, mode, buffering=0)  # noqa: PTH123, SIM115 (see `size`; the caller closes it)
        except FileNotFoundError:
            raise StoreUnavailable(_lost(self.path)) from None
        found = os.fstat(file.fileno())
        if (found.st_dev, found.st_ino) != self.identity:
            file.close()
            raise StoreUnavailable(_lost(self.path))
        return file


def known_files(path: Path) -> list[Known]:
    """The main file of the database at `path`, its log and its index, as they are now, and then its link.

    A file that was moved, and has a link where it was, is another database for the next process that opens
    it, which looks for the log beside what the link leads to. Raises `StoreUnavailable` if one is missing.
    """
    names, main = Names.of(path), path.resolve()
    known = [
        Known.of(main, is_main=True, may_be_link=False),
        Known.of(names.log),
        Known.of(names.log_index),
    ]
    return known if main == path else [*known, Known.of(path, is_main=True)]


def demand_regular(path: Path) -> None:
    """Raise `StoreRefused` where there is something else at `path`: to open a FIFO may wait for ever."""
    try:
        mode = path.stat().st_mode
    except OSError:
        # Opening it reports why it cannot be opened.
        return
    if not S_ISREG(mode):
        kind = _KINDS.get(S_IFMT(mode), "not a regular file")
        raise StoreRefused(f"The database is {kind}; name a regular file, or one that is still to be made")


def identify(path: Path) -> Identity | None:
    """What `path` means, through links; None where there is no file, or none to look at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Identity(found.st_dev, found.st_ino)


def size_of(path: Path) -> int:
    """In bytes; 0 where there is no file, or none to look at."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _lost(path: Path) -> str:
    return f"The database is unavailable: its file {path.name} was deleted or replaced"
