"""Rotation: which scheduled backups in a folder are removed."""

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from estuary.backups.archive import header_of
from estuary.backups.errors import BackupError
from estuary.backups.status import TOLERANCE

_NO_IDENTITY = (
    "no old backup was removed, for this store has no identity that would tell them from others': a SQLite "
    "file has one once it is migrated (`estuary migrate`), and PostgreSQL where the user may call "
    "pg_control_system()"
)
_is_scheduled = re.compile(r"estuary-\d{8}T\d{6}Z(-[0-9a-f]{8})?\.jsonl", re.ASCII).fullmatch


class Kept(NamedTuple):
    """A backup in a folder, of the store `store_id`."""

    made_at: datetime
    path: Path
    store_id: str


class Rule(NamedTuple):
    """`keep` keeps so many of the newest, `keep_days` whatever is younger; both None keeps everything."""

    keep: int | None = None
    keep_days: int | None = None


class Rotation(NamedTuple):
    """The backups beside a new one: those `expired` are removed, oldest first.

    Those dated in the `future`, and the `strange` ones, which are not known to be of the same store, are
    kept, and do not count.
    """

    expired: list[Kept]
    future: list[Kept]
    strange: list[Kept]


def scheduled_name(made_at: datetime) -> str:
    """The name of a backup in a folder: names sort by time, and are unique."""
    return f"estuary-{made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"


def found_in(folder: Path) -> list[Kept]:
    """The backups in `folder` with such a name and a valid header; other files are ignored.

    Raises `OSError` if the folder cannot be read.
    """
    return [kept for path in folder.iterdir() if (kept := _kept(path)) is not None]


def rotation(backups: Iterable[Kept], made: Kept, rule: Rule, now: datetime) -> Rotation:
    """Decide on `backups` beside `made`, which is never removed; nor is the newest."""
    others = sorted((each for each in backups if each.path != made.path), reverse=True)
    ours = [each for each in others if made.store_id and each.store_id == made.store_id]
    strange = [each for each in others if each not in ours]
    future = [each for each in ours if each.made_at > now + TOLERANCE]
    newest_first = sorted([made, *(each for each in ours if each not in future)], reverse=True)
    behind = newest_first[max(1, rule.keep or 0) :]
    if rule.keep_days is not None:
        behind = [each for each in behind if now - each.made_at >= timedelta(days=rule.keep_days)]
    if rule == Rule():
        behind = []
    return Rotation([each for each in reversed(behind) if each != made], future, strange)


def rotate(made: Kept, rule: Rule, now: datetime) -> tuple[list[Path], list[str]]:
    """Remove the backups beside `made` that `rule` does not keep; returns them, and warnings."""
    folder = made.path.parent
    if not made.store_id:
        return [], [_NO_IDENTITY]
    try:
        found = rotation(found_in(folder), made, rule, now)
    except OSError as error:
        return [], [f"no old backup was removed: {folder} cannot be read: {error.strerror}"]
    removed, warnings = [], []
    for backup in found.expired:
        try:
            backup.path.unlink(missing_ok=True)
            removed.append(backup.path)
        except OSError as error:
            warnings.append(f"the old backup {backup.path} cannot be removed: {error.strerror}")
    warnings += [
        f"{backup.path} is dated in the future ({backup.made_at:%Y-%m-%dT%H:%M:%SZ}), as by a clock that "
        "was wrong: it counts for nothing, and stays"
        for backup in found.future
    ]
    if found.strange:
        warnings.append(
            f"{len(found.strange)} backups in {folder} are of other stores, or of a release that did not "
            "note which: they count for nothing, and stay"
        )
    return removed, warnings


def _kept(path: Path) -> Kept | None:
    """The backup at `path`; None if it is another file."""
    if not _is_scheduled(path.name) or path.is_symlink():
        return None
    try:
        header = header_of(path)
    except BackupError:
        return None
    return Kept(header.made_at, path, header.store_id)
