"""Bare records as JSON Lines, out of the store and into it."""

import os
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO

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
from estuary.backups.archive import open_to_read
from estuary.backups.errors import NotABackup, UnfitLine
from estuary.backups.files import whole_file
from estuary.backups.seal import LONGEST_LINE
from estuary.config.settings import Settings


async def export(settings: Settings, file: BinaryIO, report: Report, *, owner: str | None = None) -> int:
    """Write a line for every record, or every one of `owner`'s, to `file`; the number of them.

    Raises `StoreError`.
    """
    records = 0
    async with (
        existing_store(settings) as (store, resources),
        aclosing(encoded(store, resources, report, owner=owner)) as batches,
    ):
        async for _, count, text in batches:
            file.write(text)
            records += count
    file.flush()
    return records


async def export_to(settings: Settings, path: Path, report: Report, *, owner: str | None = None) -> int:
    """The same to a new file, which appears whole or not at all; raises `BackupError`, too."""
    demand_new(path)
    with whole_file(path) as file:
        return await export(settings, file, report, owner=owner)


async def import_lines(
    settings: Settings, file: BinaryIO, *, size: int, replace: bool, report: Report
) -> int:
    """Keep a record for every line of `file`, of `size` bytes (0: unknown), all of them or none.

    Raises `DeclarationError`, `BackupError`, `StoreError`, and `StoreNotEmpty` unless `replace`.
    """
    read = _Measured(file)
    async with open_store(settings) as (store, resources):
        records = decoded(read.lines(), lines_of(resources))
        counted = reported(records, report, lambda _: read.bytes / size if size else None)
        return await store.load(counted, replace=replace)


async def import_from(settings: Settings, path: Path, *, replace: bool, report: Report) -> int:
    """The same from the regular file at `path`."""
    with open_to_read(path) as file:
        size = os.fstat(file.fileno()).st_size
        return await import_lines(settings, file, size=size, replace=replace, report=report)


class _Measured:
    """The lines of a file, and how many bytes of it were read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line that is not blank, with its number; raises `UnfitLine` for one without an end."""
        number = 0
        while line := self._file.readline(LONGEST_LINE):
            number += 1
            self.bytes += len(line)
            if len(line) == LONGEST_LINE:
                raise UnfitLine(number, f"it is longer than {LONGEST_LINE} bytes")
            if number == 1 and line.startswith(b'{"estuary_backup"'):
                raise NotABackup("this is a backup, not bare records: use `estuary restore`")
            if not line.isspace():
                yield number, line
