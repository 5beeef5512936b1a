"""Which of the scheduled backups in a folder may go."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from estuary.backups.archive import header_of
from estuary.backups.errors import BackupError

_PATTERN = "estuary-%Y%m%dT%H%M%SZ.jsonl"


class Kept(NamedTuple):
    """A backup in a folder."""

    made_at: datetime
    path: Path


def scheduled_name(made_at: datetime) -> str:
    """What a backup is called in a folder: names sort as times do."""
    return made_at.astimezone(UTC).strftime(_PATTERN)


def found_in(folder: Path) -> list[Kept]:
    """The backups in `folder` that have such a name and are what it says; nothing else is looked at."""
    return [Kept(made_at, path) for path in folder.iterdir() if (made_at := _made_at(path)) is not None]


def expired(
    backups: Iterable[Kept], now: datetime, *, keep: int | None = None, keep_days: int | None = None
) -> list[Kept]:
    """Those of `backups` that neither rule keeps, oldest first; never the newest, none without a rule.

    `keep` keeps so many of the newest, `keep_days` whatever is younger.
    """
    newest_first = sorted(backups, reverse=True)
    if keep is None and keep_days is None:
        return []
    behind = newest_first[max(1, keep or 0) :]
    if keep_days is not None:
        behind = [each for each in behind if now - each.made_at >= timedelta(days=keep_days)]
    return behind[::-1]


def _made_at(path: Path) -> datetime | None:
    """When the backup at `path` was made; None where it is none of ours."""
    try:
        datetime.strptime(path.name, _PATTERN)  # noqa: DTZ007 (only the form of the name is looked at)
        if path.is_symlink():
            return None
        return header_of(path).made_at
    except (ValueError, BackupError):
        return None
