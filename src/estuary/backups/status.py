"""The status file: how a service learns of backups that another process makes.

A file, not a row in the store: a job that makes backups then needs no right to write to what it protects.
Job and service may be on two machines, if both see the folder (a shared volume).
"""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from estuary.backups.files import ANYBODY, replaced_file
from estuary.core.moments import AwareDatetime

TOLERANCE = timedelta(minutes=5)
"""What the clocks of two machines may differ by; a later time than that lies in the future."""
_LONGEST = 64 * 1024


class BackupStatus(msgspec.Struct, frozen=True):
    """The last backup that succeeded."""

    made_at: AwareDatetime
    records: int
    sha256: str


def write_status(path: Path, status: BackupStatus) -> None:
    """Tell of a backup; raises `BackupError`."""
    with replaced_file(path, ANYBODY) as file:
        file.write(msgspec.json.encode(status) + b"\n")


def read_status(path: Path) -> BackupStatus | None:
    """What was told last; None where nothing readable was."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LONGEST), type=BackupStatus)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def last_success(path: Path, now: datetime) -> datetime | None:
    """When the last backup succeeded; None where that is not known, as with a time that is yet to come.

    The clock was wrong then, and such a time would look recent for as long as it takes to come.
    """
    status = read_status(path)
    return None if status is None or status.made_at > now + TOLERANCE else status.made_at
