"""Files that appear whole or not at all."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from estuary.backups.errors import BackupError

_PARTIAL = ".estuary-partial"
OWNER_ONLY, ANYBODY = 0o600, 0o644
"""Who may read a file, whatever the umask."""


@contextmanager
def whole_file(path: Path, mode: int = OWNER_ONLY) -> Iterator[BinaryIO]:
    """A file to write (and read back) that becomes `path` when the block ends well, and is gone otherwise.

    Until then it has another name in the same folder. Its content is on the disk before it gets its own
    name, and that is on the disk when this returns. Raises `BackupError` where the system refuses.
    """
    # Without links resolved, a link to a file elsewhere would be replaced by the file.
    path = path.resolve()
    try:
        _remove_abandoned(path.parent)
        with _partial(path, mode) as (partial, file):
            yield file
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
            _sync(path.parent)
    except OSError as error:
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error


@contextmanager
def _partial(path: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`, locked by us for as long as we live; removed unless it was renamed."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}{_PARTIAL}")
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    with open(descriptor, "r+b") as file:  # noqa: PTH123 (a descriptor has no path)
        try:
            os.fchmod(descriptor, mode)
            # The lock is what tells a file being written from one whose writer was killed.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield partial, file
        finally:
            with suppress(FileNotFoundError):
                partial.unlink()


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
