"""The status file: how whoever serves learns of backups that somebody else makes.

A file, not a row in the store: a job that makes backups then needs no right to write to what it protects.
Job and service may be on two machines, if both see the folder (a shared volume).
"""

from datetime import datetime
from pathlib import Path

import msgspec

from estuary.backups.files import ANYBODY, whole_file

_LONGEST = 64 * 1024


class BackupStatus(msgspec.Struct, frozen=True):
    """The last backup that succeeded."""

    made_at: datetime
    records: int
    sha256: str


def write_status(path: Path, status: BackupStatus) -> None:
    """Tell of a backup; raises `BackupError`."""
    with whole_file(path, ANYBODY) as file:
        file.write(msgspec.json.encode(status) + b"\n")


def read_status(path: Path) -> BackupStatus | None:
    """What was told last; None where nothing readable was."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LONGEST), type=BackupStatus)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
