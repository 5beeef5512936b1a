"""Making, verifying and restoring backups."""

import os
from collections.abc import Iterable, Mapping, Sequence
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
    left_alone,
    left_out,
    lines_of,
    open_store,
    reported,
    snapshot_of,
)
from estuary.app.undeclared import counted
from estuary.backups.archive import open_to_read, record_lines, verify
from estuary.backups.atomic_files import new_file
from estuary.backups.errors import BackupError, ForeignBackup
from estuary.backups.format import (
    FORMAT,
    FORMAT_WITH_ROWS,
    BackupWriter,
    Footer,
    Header,
    Manifest,
    foreign_resources,
)
from estuary.backups.retention import Kept, Rule, rotate, scheduled_name
from estuary.backups.status import BackupStatus, write_status
from estuary.config.settings import Settings
from estuary.core.awaiting import settled
from estuary.core.ports import Store
from estuary.core.resource import Resource
from estuary.core.sources import Survey


class Made(NamedTuple):
    """A backup that was made, old ones that were removed, and warnings for the operator."""

    path: Path
    footer: Footer
    removed: Sequence[Path]
    warnings: Sequence[str]


class Restored(NamedTuple):
    """A backup that was restored: the number of records by resource, and warnings for the operator."""

    header: Header
    counts: Mapping[str, int]
    warnings: Sequence[str]


async def back_up(
    settings: Settings, target: Path, rule: Rule, report: Report, *, everything: bool = False
) -> Made:
    """Write every record, with a checksum, to the file `target`, or to a new file in the folder `target`.

    The file is read back and verified before it gets its name. Then the status file is written, and backups
    in the folder that `rule` does not keep are removed; errors of either are warnings, as the backup is
    complete. With `everything`, tables and columns that are not declared are included as they are. Raises
    `DeclarationError`, `StoreError`, `BackupError`.
    """
    now = datetime.now(UTC)
    in_folder, path = _place(target, now)
    demand_new(path)
    async with snapshot_of(settings, everything=everything) as (snapshot, resources):
        survey = snapshot.survey
        writer = BackupWriter(_header(settings, now, survey, resources, everything=everything))
        with new_file(path) as file:
            file.write(writer.first_line)
            records = encoded(snapshot, resources, report, everything=everything)
            async with aclosing(records) as batches:
                async for name, count, text in batches:
                    writer.update(name, count, text)
                    file.write(text)
            footer, last = writer.close()
            file.write(last)
            file.flush()
            verify(file)
    warnings = [] if everything else left_out(survey)
    if settings.backup_status is not None:
        try:
            write_status(settings.backup_status, BackupStatus(now, footer.records, footer.sha256))
        except BackupError as error:
            warnings.append(f"the service is not told of the backup: {error}")
    removed: Sequence[Path] = ()
    if in_folder and rule != Rule():
        removed, more = rotate(Kept(now, path, survey.store_id), rule, datetime.now(UTC))
        warnings += more
    return Made(path, footer, removed, warnings)


def _header(
    settings: Settings, now: datetime, survey: Survey, resources: Sequence[Resource], *, everything: bool
) -> Header:
    names = [resource.name for resource in resources]
    undeclared = list(survey.undeclared) if everything else []
    form = FORMAT_WITH_ROWS if everything and (undeclared or survey.columns) else FORMAT
    kind = settings.database.kind
    return Header(form, __version__, now, kind, names + undeclared, survey.store_id)


def verified(path: Path) -> Manifest:
    """The manifest of the backup at `path`, after a check of its checksum; raises `BackupError`."""
    with open_to_read(path) as file:
        return verify(file)


async def restore(
    settings: Settings, path: Path, *, replace: bool, skip_undeclared: bool, report: Report
) -> Restored:
    """Restore all records of the backup at `path`, or none; then every API key is revoked.

    Those of resources that are not declared are left out with `skip_undeclared`, and refused without.
    Raises `DeclarationError`, `BackupError`, `StoreError`, and `StoreNotEmpty` unless `replace`.
    """
    with open_to_read(path) as file:
        manifest = verify(file)
        async with open_store(settings) as (store, resources):
            foreign = foreign_resources(manifest, [resource.name for resource in resources])
            if not skip_undeclared:
                _demand_declared(foreign, resources)
            await _demand_fit(manifest, store, resources)
            warnings = await left_alone(store)
            records = decoded(record_lines(file), lines_of(resources), skipped=frozenset(foreign))
            total = manifest.footer.records
            counted_records = reported(records, report, lambda done: done / max(1, total))
            await store.load(counted_records, replace=replace)
            warnings += await _revoke_keys(store)
    counts = dict(manifest.footer.counts)
    skipped = {name: counts.pop(name, 0) for name in foreign}
    if skipped:
        warnings.append(f"not restored, for RESOURCES does not declare it: {counted(skipped)}")
    return Restored(manifest.header, counts, warnings)


async def _revoke_keys(store: Store) -> list[str]:
    """Revoke every API key: none of them was made for the records that were restored; a warning of it."""
    revoked = await store.api_keys().revoke_all(datetime.now(UTC))
    return [f"{revoked} API keys were revoked: create those that are needed"] if revoked else []


def _demand_declared(foreign: Sequence[str], resources: Sequence[Resource]) -> None:
    """Raise `ForeignBackup` for records that no resource declares."""
    if foreign:
        declared = _enumerated(resource.name for resource in resources)
        raise ForeignBackup(
            f"the backup holds {_enumerated(foreign)}, but RESOURCES declares {declared}: "
            "declare what the backup holds, or leave it out with --skip-undeclared"
        )


async def _demand_fit(manifest: Manifest, store: Store, resources: Sequence[Resource]) -> None:
    """Raise `ForeignBackup` if records would be removed that the backup does not replace."""
    for resource in resources:
        name = resource.name
        if name in manifest.header.resources:
            continue
        number = await settled(store.collection(resource).count())
        if number:
            raise ForeignBackup(
                f"the store has records of {name}, of which the backup knows nothing: take {name} out of "
                "RESOURCES for the restore, and they are left alone"
            )


def _place(target: Path, now: datetime) -> tuple[bool, Path]:
    """Whether `target` is a folder, and the path of the new file."""
    in_folder = os.path.isdir(target)  # noqa: PTH112 (Path.is_dir raises for some invalid paths)
    return in_folder, target / scheduled_name(now) if in_folder else target


def _enumerated(names: Iterable[str]) -> str:
    return ", ".join(names)
