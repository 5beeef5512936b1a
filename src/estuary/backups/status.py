"""The status file, from which a service learns of backups that another process makes.

A file, not a row in the store, so that a backup job needs no write access to what it protects. Job and
service may be on two machines, if both have access to the folder (a shared volume).
"""

from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from estuary.backups.atomic_files import ANYBODY, replaced_file
from estuary.core.moments import AwareDatetime

TOLERANCE = timedelta(minutes=5)
"""The tolerated difference between the clocks of two machines; a time later than that is in the future."""
_LONGEST = 64 * 1024


class BackupStatus(msgspec.Struct, frozen=True):
    """The last backup that succeeded."""

    made_at: AwareDatetime
    records: int
    sha256: str


def write_status(path: Path, status: BackupStatus) -> None:
    """Write the status of a backup; raises `BackupError`."""
    with replaced_file(path, ANYBODY) as file:
        file.write(msgspec.json.encode(status) + b"\n")


def read_status(path: Path) -> BackupStatus | None:
    """The last status; None if the file is missing or unreadable."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_LONGEST), type=BackupStatus)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def last_success(path: Path, now: datetime) -> datetime | None:
    """When the last backup succeeded; None if that is unknown, or in the future.

    A time in the future comes from a wrong clock, and would look recent until it is reached.
    """
    status = read_status(path)
    return None if status is None or status.made_at > now + TOLERANCE else status.made_at
