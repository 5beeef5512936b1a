"""Files that appear whole or not at all."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from errno import EMLINK, ENOSYS, ENOTSUP, EOPNOTSUPP, EPERM
from pathlib import Path
from typing import BinaryIO

from estuary.backups.errors import BackupError
from estuary.ownership import give_to_folders_owner

_PARTIAL = ".estuary-partial"
OWNER_ONLY, ANYBODY = 0o600, 0o644
"""Who may read a file, whatever the umask."""
_NO_LINKS = (EPERM, ENOSYS, ENOTSUP, EOPNOTSUPP, EMLINK)
"""How a file system says that it knows no hard links (link(2)): FAT, some network and FUSE file systems."""


def new_file(path: Path, mode: int = OWNER_ONLY) -> AbstractContextManager[BinaryIO]:
    """A file to write (and read back) that becomes `path` when the block ends well, and is gone otherwise.

    Until then it has another name in the same folder. Its content is on the disk before it gets its own
    name, and that is on the disk when this returns. Of any number of writers that want one name at the
    same time, one gets it. Raises `BackupError` where the system refuses, or where anything has that name.
    """
    return _whole_file(path, mode, _publish)


def replaced_file(path: Path, mode: int = OWNER_ONLY) -> AbstractContextManager[BinaryIO]:
    """The same in the place of whatever is at `path`; a link stays, and what it names is replaced."""
    # Without links resolved, a link to a file elsewhere would be replaced by the file.
    return _whole_file(Path(os.path.realpath(path)), mode, Path.replace)


@contextmanager
def _whole_file(path: Path, mode: int, publish: Callable[[Path, Path], object]) -> Iterator[BinaryIO]:
    try:
        _remove_abandoned(path.parent)
        with _partial(path, mode) as (partial, file):
            yield file
            file.flush()
            os.fsync(file.fileno())
            publish(partial, path)
            _sync(path.parent)
    except FileExistsError as error:
        raise BackupError(occupied(path)) from error
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error


def occupied(path: Path) -> str:
    """What is said where a new file finds its name taken."""
    return f"{path} is there already, and nothing is written over: name another file"


def _publish(partial: Path, path: Path) -> None:
    """Give the file at `partial` the name `path`; raises `FileExistsError` if that is taken."""
    try:
        # link(2) never replaces, which rename(2) does.
        os.link(partial, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links: the name is reserved by an empty file, which ours then replaces.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY))
        partial.replace(path)


@contextmanager
def _partial(path: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`, locked by us for as long as we live; that name is gone afterwards."""
    partial, file = _locked(path)
    with file:
        try:
            os.fchmod(file.fileno(), mode)
            give_to_folders_owner(file.fileno(), path.parent)
            yield partial, file
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()


def _locked(path: Path) -> tuple[Path, BinaryIO]:
    """The new file; its lock is what tells a file being written from one whose writer was killed."""
    while True:
        # Part of the name alone: all of it, and more, might be longer than a file's name may be.
        partial = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}{_PARTIAL}")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
        file = open(descriptor, "r+b")  # noqa: PTH123, SIM115 (a descriptor has no path; the caller closes it)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Another writer may have come before the lock, and taken the file for one that was abandoned.
        if os.fstat(descriptor).st_nlink:
            return partial, file
        file.close()


def _remove_abandoned(folder: Path) -> None:
    """Remove what writers that were killed have left in `folder`."""
    for found in folder.glob(f".*{_PARTIAL}"):
        with suppress(OSError), found.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.unlink()


def _sync(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
