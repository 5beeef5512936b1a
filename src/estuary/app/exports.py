"""Export and import of records as JSON Lines."""

import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from estuary.app.line_hooks import LineHooks
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
from estuary.backups.archive import open_to_read
from estuary.backups.atomic_files import new_file
from estuary.backups.errors import BackupError, NotABackup, UnfitLine
from estuary.backups.format import LONGEST_LINE
from estuary.config.settings import Settings
from estuary.core.errors import RecordOrphaned, RecordRefused
from estuary.core.record import Record
from estuary.core.resource import Resource


class Exported(NamedTuple):
    """The number of records written, and warnings for the operator."""

    records: int
    warnings: Sequence[str]


class Imported(NamedTuple):
    """The number of records imported, and warnings for the operator."""

    records: int
    warnings: Sequence[str]


async def export(
    settings: Settings,
    file: BinaryIO,
    report: Report,
    *,
    owner: str | None = None,
    everything: bool = False,
) -> Exported:
    """Write a line for every record, or every one of `owner`'s, to `file`.

    With `everything`, tables and columns that are not declared are included as they are. Raises
    `BackupError`, `StoreError`.
    """
    records = 0
    async with snapshot_of(settings, everything=everything) as (snapshot, resources):
        lines = encoded(snapshot, resources, report, everything=everything, owner=owner)
        async with aclosing(lines) as batches:
            async for _, count, text in batches:
                file.write(text)
                records += count
    file.flush()
    return Exported(records, [] if everything else left_out(snapshot.survey))


async def export_to(
    settings: Settings, path: Path, report: Report, *, owner: str | None = None, everything: bool = False
) -> Exported:
    """As `export`, to a new file that is written atomically."""
    demand_new(path)
    with new_file(path) as file:
        return await export(settings, file, report, owner=owner, everything=everything)


async def import_lines(
    settings: Settings, file: BinaryIO, *, size: int, replace: bool, report: Report
) -> Imported:
    """Import a record from every line of `file`, of `size` bytes (0: unknown), all of them or none.

    Raises `DeclarationError`, `BackupError`, `StoreError`, and `StoreNotEmpty` unless `replace`.
    """
    read = _Measured(file, may_be_empty=not replace)
    async with open_store(settings) as (store, resources):
        warnings = await left_alone(store)
        places: dict[str, int] = {}
        batches = decoded(read.lines(), lines_of(resources), places=places)
        records = _validated(batches, resources, places)
        counted = reported(records, report, lambda _: read.bytes / size if size else None)
        try:
            return Imported(await store.load(counted, replace=replace), warnings)
        except RecordRefused as refused:
            number = places.get(refused.record_id) or _line_of(refused.record_id, file)
            if number is None:
                raise
            raise UnfitLine(number, _explained(refused)) from refused


def _explained(refused: RecordRefused) -> str:
    fields = " and ".join(refused.fields)
    if isinstance(refused, RecordOrphaned):
        return f"{fields} refers to a record that is on no line"
    return f"{fields} must be unique, and another line has the same"


def _line_of(record_id: str, file: BinaryIO) -> int | None:
    """The number of the line with this record; None where `file` cannot be read again.

    Which records refer to nothing is known when all are loaded: their lines are not kept in memory.
    """
    if not file.seekable():
        return None
    file.seek(0)
    for number, line in enumerate(file, 1):
        if record_id.encode() in line and _id_on(line) == record_id:
            return number
    return None


def _id_on(line: bytes) -> str | None:
    return msgspec.json.decode(line, type=_Identified).id


class _Identified(msgspec.Struct):
    """The member of a line that names its record."""

    id: str | None = None


def _validated(
    batches: Iterator[tuple[Resource, Sequence[Record]]],
    resources: Sequence[Resource],
    places: Mapping[str, int],
) -> Iterator[tuple[Resource, Sequence[Record]]]:
    """`batches`, of which each record passed the hook `validate`; raises `UnfitLine`.

    `places` are the numbers of the lines of the batch that is under way, by the ids of their records.
    """
    hooks = LineHooks(resources)
    for resource, records in batches:
        for record in records:
            if objection := hooks.objection(resource, record):
                raise UnfitLine(places[record.id], objection)
        yield resource, records


async def import_from(settings: Settings, path: Path, *, replace: bool, report: Report) -> Imported:
    """As `import_lines`, from the regular file at `path`."""
    with open_to_read(path) as file:
        size = os.fstat(file.fileno()).st_size
        return await import_lines(settings, file, size=size, replace=replace, report=report)


class _Measured:
    """The lines of a file, and how many bytes of it were read."""

    def __init__(self, file: BinaryIO, *, may_be_empty: bool) -> None:
        self._file = file
        self._may_be_empty = may_be_empty
        self.bytes = 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line that is not blank, with its number; raises `UnfitLine` for one without a line break.

        Raises `BackupError` for an empty input if that is not allowed: a pipe whose writer has failed looks
        like this, and everything would be replaced by nothing.
        """
        number, given = 0, self._may_be_empty
        while line := self._file.readline(LONGEST_LINE):
            number += 1
            self.bytes += len(line)
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
            if len(line) == LONGEST_LINE:
                raise UnfitLine(number, f"it is longer than {LONGEST_LINE} bytes")
            if number == 1 and line.startswith(b'{"estuary_backup"'):
                raise NotABackup("this is a backup, not bare records: use `estuary restore`")
            if not line.isspace():
                given = True
                yield number, line
        if not given:
            raise BackupError("there is no record to import, and --replace would remove those there are")
