"""Files that are written atomically."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from errno import EMLINK, ENOSYS, ENOTSUP, EOPNOTSUPP, EPERM
from pathlib import Path
from typing import BinaryIO

from estuary.backups.errors import BackupError
from estuary.ownership import give_to_folders_owner

_PARTIAL = ".estuary-partial"
OWNER_ONLY, ANYBODY = 0o600, 0o644
"""Modes of files, whatever the umask."""
_NO_LINKS = (EPERM, ENOSYS, ENOTSUP, EOPNOTSUPP, EMLINK)
"""Errors by which a file system says that it has no hard links (link(2)): FAT, some network and FUSE file
systems."""


def new_file(path: Path, mode: int = OWNER_ONLY) -> AbstractContextManager[BinaryIO]:
    """A file to write (and read back) that becomes `path` when the block succeeds, else it is removed.

    Until then it has another name in the same folder. Its content is synced to the disk before it gets its
    own name, and that name before this returns. Of several writers of one name at the same time, one
    succeeds. Raises `BackupError` if the system refuses, or if `path` exists.
    """
    return _whole_file(path, mode, _publish)


def replaced_file(path: Path, mode: int = OWNER_ONLY) -> AbstractContextManager[BinaryIO]:
    """As `new_file`, but replaces what is at `path`; a link is kept, and its target is replaced."""
    # Unless links are resolved, a link would be replaced by the file.
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
    """The message for a new file whose name exists."""
    return f"{path} is there already, and nothing is written over: name another file"


def _publish(partial: Path, path: Path) -> None:
    """Rename `partial` to `path`; raises `FileExistsError` if that exists."""
    try:
        # link(2) never replaces a file, which rename(2) does.
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
    """A new file beside `path`, locked while it is open; its temporary name is removed afterwards."""
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
    """Create and lock the file; the lock shows others that its writer has not been killed."""
    while True:
        # A part of the name, as a file name with all of it, and more, might be too long.
        partial = path.with_name(f".{path.name[:40]}.{os.urandom(6).hex()}{_PARTIAL}")
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
        file = open(descriptor, "r+b")  # noqa: PTH123, SIM115 (a descriptor has no path; the caller closes it)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Another writer may have removed the file as abandoned before it was locked.
        if os.fstat(descriptor).st_nlink:
            return partial, file
        file.close()


def _remove_abandoned(folder: Path) -> None:
    """Remove the files in `folder` whose writers were killed."""
    for found in folder.glob(f".*{_PARTIAL}"):
        with suppress(OSError), found.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            found.unlink()


def _sync(folder: Path) -> None:
    """Sync the directory entries of `folder` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
