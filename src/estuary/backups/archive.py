"""Reading a backup file: the checksum is verified first, then the records are read one by one."""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

from estuary.backups.errors import BackupDamaged, BackupError, NotABackup
from estuary.backups.format import (
    LONGEST_HEADER,
    LONGEST_LINE,
    NO_HEADER,
    UNCOVERED_LENGTH,
    Header,
    Manifest,
    read_footer,
    read_header,
)

_CHUNK = 1024 * 1024


def open_to_read(path: Path) -> BinaryIO:
    """The regular file at `path`; raises `BackupError`."""
    try:
        # O_NONBLOCK: opening a pipe without a writer would block.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if S_ISREG(os.fstat(descriptor).st_mode):
            return open(descriptor, "rb")  # noqa: PTH123 (a descriptor has no path; the caller closes it)
        os.close(descriptor)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from error
    raise BackupError(f"{path} is not a regular file")


def header_of(path: Path) -> Header:
    """The header of the backup at `path`; raises `BackupError`, `NotABackup`, `BackupTooNew`."""
    with open_to_read(path) as file:
        return read_header(_first_line(file))


def verify(file: BinaryIO) -> Manifest:
    """Check the checksum of the backup in `file`; returns its manifest.

    Raises `NotABackup`, `BackupTooNew`, `BackupDamaged`.
    """
    file.seek(0)
    header = read_header(_first_line(file))
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    digest = sha256()
    left = length - UNCOVERED_LENGTH
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return Manifest(header, read_footer(_last_line(file, length), digest.hexdigest()))


def record_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines between header and footer of a verified backup, each with its number."""
    file.seek(0)
    file.readline(LONGEST_LINE)
    number, line = 2, file.readline(LONGEST_LINE)
    while following := file.readline(LONGEST_LINE):
        yield number, line
        number, line = number + 1, following


def _first_line(file: BinaryIO) -> bytes:
    line = file.readline(LONGEST_HEADER)
    if not line.endswith(b"\n"):
        raise NotABackup(NO_HEADER)
    return line


def _last_line(file: BinaryIO, length: int) -> bytes:
    """The footer, whose length depends on the names of the resources."""
    file.seek(max(0, length - LONGEST_HEADER))
    end = file.read()
    if not end.endswith(b"\n"):
        raise BackupDamaged("the backup is cut short: it does not end with its checksum")
    return end[end.rfind(b"\n", 0, -1) + 1 :]
