"""Backups made, verified and restored."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from estuary import __version__
from estuary.app.transfer import (
    Report,
    decoded,
    demand_new,
    encoded,
    existing_store,
    lines_of,
    open_store,
    reported,
)
from estuary.backups.archive import open_to_read, record_lines, verify
from estuary.backups.errors import BackupError, ForeignBackup
from estuary.backups.files import whole_file
from estuary.backups.retention import expired, found_in, scheduled_name
from estuary.backups.seal import FORMAT, Closing, Header, Manifest, Sealer, foreign_resources
from estuary.backups.status import BackupStatus, write_status
from estuary.config.settings import Settings
from estuary.core.ports import Store
from estuary.core.resource import Resource


class Made(NamedTuple):
    """A backup that was made, and those that had to go for it."""

    path: Path
    closing: Closing
    removed: Sequence[Path]


class Retention(NamedTuple):
    """How many backups a folder keeps; see `expired`."""

    keep: int | None = None
    keep_days: int | None = None


async def back_up(settings: Settings, target: Path, retention: Retention, report: Report) -> Made:
    """Write every record, sealed, to the file `target`, or to a new file in the folder `target`.

    The file is read back before it gets its name. Afterwards the service is told, and the folder is rid of
    what `retention` does not keep. Raises `DeclarationError`, `StoreError`, `BackupError`.
    """
    now = datetime.now(UTC)
    in_folder, path = _place(target, now)
    async with existing_store(settings) as (store, resources):
        names = [resource.name for resource in resources]
        sealer = Sealer(Header(FORMAT, __version__, now, settings.database.kind, names))
        with whole_file(path) as file:
            file.write(sealer.opening)
            async with aclosing(encoded(store, resources, report)) as batches:
                async for resource, count, text in batches:
                    sealer.update(resource.name, count, text)
                    file.write(text)
            closing, last = sealer.close()
            file.write(last)
            file.flush()
            verify(file)
    if settings.backup_status is not None:
        write_status(settings.backup_status, BackupStatus(now, closing.records, closing.sha256))
    return Made(path, closing, _prune(path.parent, now, retention) if in_folder else [])


def verified(path: Path) -> Manifest:
    """The manifest of the backup at `path`, if it is whole; raises `BackupError`."""
    with open_to_read(path) as file:
        return verify(file)


async def restore(settings: Settings, path: Path, *, replace: bool, report: Report) -> Manifest:
    """Keep all records of the backup at `path`, as they were; all of them or none.

    Raises `DeclarationError`, `BackupError`, `StoreError`, and `StoreNotEmpty` unless `replace`.
    """
    with open_to_read(path) as file:
        manifest = verify(file)
        async with open_store(settings) as (store, resources):
            await _demand_fit(manifest, store, resources)
            records = decoded(record_lines(file), lines_of(resources))
            total = manifest.closing.records
            counted = reported(records, report, lambda done: done / max(1, total))
            await store.load(counted, replace=replace)
    return manifest


async def _demand_fit(manifest: Manifest, store: Store, resources: Sequence[Resource]) -> None:
    """Raise `ForeignBackup` for records that nobody declares, or that would be removed for nothing."""
    declared = [resource.name for resource in resources]
    if foreign := foreign_resources(manifest, declared):
        raise ForeignBackup(
            f"the backup holds {_enumerated(foreign)}, but RESOURCES declares {_enumerated(declared)}: "
            "declare what the backup holds"
        )
    for resource in resources:
        name = resource.name
        if name not in manifest.header.resources and await store.collection(resource).count():
            raise ForeignBackup(
                f"the store has records of {name}, of which the backup knows nothing: take {name} out of "
                "RESOURCES for the restore, and they are left alone"
            )


def _place(target: Path, now: datetime) -> tuple[bool, Path]:
    """Whether `target` is a folder, and the new file that it means."""
    in_folder = target.is_dir()
    path = target / scheduled_name(now) if in_folder else target
    demand_new(path)
    return in_folder, path


def _prune(folder: Path, now: datetime, retention: Retention) -> list[Path]:
    """Remove the backups in `folder` that `retention` does not keep."""
    gone = expired(found_in(folder), now, keep=retention.keep, keep_days=retention.keep_days)
    try:
        for backup in gone:
            backup.path.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"an old backup cannot be removed: {error}") from error
    return [backup.path for backup in gone]


def _enumerated(names: Iterable[str]) -> str:
    return ", ".join(names)
