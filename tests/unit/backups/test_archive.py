"""A backup shows whether it is whole: no byte of it can change unnoticed."""

import json
import os
from pathlib import Path

import pytest

from estuary.backups.archive import header_of, open_to_read, record_lines, verify
from estuary.backups.errors import BackupDamaged, BackupError, BackupTooNew, NotABackup
from estuary.backups.format import Header, Manifest
from tests.unit.backups.making import MADE_AT, STORE, item, lines, write_backup

RECORDS = [item(1), item(2, 'a "quoted" näme'), item(3)]


def verified(path: Path) -> Manifest:
    """The manifest of the backup at `path`."""
    with open_to_read(path) as file:
        return verify(file)


def test_a_whole_backup_says_what_it_holds(tmp_path: Path) -> None:
    """Format, version, time, resources, counts and checksum are all there."""
    path = tmp_path / "backup"
    footer = write_backup(path, *RECORDS)
    manifest = verified(path)
    assert footer == manifest.footer
    assert {"items": 3, "vessels": 0} == manifest.footer.counts
    assert (
        Header(1, "1.2.3", MADE_AT, "sqlite", ["items", "vessels"], STORE)
        == manifest.header
        == header_of(path)
    )


def test_the_lines_between_are_the_records(tmp_path: Path) -> None:
    """Neither header nor footer is taken for a record, and lines count from the top of the file."""
    path = tmp_path / "backup"
    write_backup(path, *RECORDS)
    with open_to_read(path) as file:
        verify(file)
        found = [(number, lines().decode(line, number)[1]) for number, line in record_lines(file)]
    assert list(enumerate(RECORDS, start=2)) == found


def test_an_empty_store_can_be_backed_up(tmp_path: Path) -> None:
    """A backup of nothing is whole, too."""
    path = tmp_path / "backup"
    write_backup(path)
    assert 0 == verified(path).footer.records
    with open_to_read(path) as file:
        assert [] == list(record_lines(file))


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    """Each byte, in each of eight ways: header, records and footer alike."""
    path = tmp_path / "backup"
    write_backup(path, *RECORDS)
    whole = path.read_bytes()
    unnoticed = []
    with path.open("r+b") as file:
        for place in range(len(whole)):
            for bit in range(8):
                os.pwrite(file.fileno(), bytes([whole[place] ^ 1 << bit]), place)
                try:
                    verify(file)
                    unnoticed.append((place, bit))
                except (NotABackup, BackupTooNew, BackupDamaged):
                    pass
            os.pwrite(file.fileno(), whole[place : place + 1], place)
    assert [] == unnoticed
    assert 3 == verified(path).footer.records


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    """Wherever the file ends, unless at its end."""
    path = tmp_path / "backup"
    write_backup(path, *RECORDS)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(BackupError):
            verified(path)


@pytest.mark.parametrize("more", [b"\n", b" ", b"{}\n", b'{"records":0,"counts":{},"sha256":""}\n'])
def test_what_is_added_is_noticed(tmp_path: Path, more: bytes) -> None:
    """Nothing may follow the footer."""
    path = tmp_path / "backup"
    write_backup(path, *RECORDS)
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(BackupDamaged):
        verified(path)


def test_a_backup_of_a_newer_format_says_so(tmp_path: Path) -> None:
    """Whatever else a later release writes, this one says what to do about it."""
    path = tmp_path / "backup"
    path.write_text(json.dumps({"estuary_backup": 3, "compressed": True}) + "\nzzz")
    with pytest.raises(BackupTooNew, match=r"format 3, made by a newer Estuary .* upgrade"):
        verified(path)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"SQLite format 3\0", b'{"resource":"items"}\n', b"[" * 9999 + b"\n"]
)
def test_something_else_is_no_backup(tmp_path: Path, content: bytes) -> None:
    """A database or a bare export is distinguished from a damaged backup."""
    path = tmp_path / "backup"
    path.write_bytes(content)
    with pytest.raises(NotABackup):
        verified(path)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A folder, a missing file, and a pipe without a writer are named, and never block."""
    os.mkfifo(tmp_path / "pipe")
    for path, reported in (
        (tmp_path, "is not a regular file"),
        (tmp_path / "pipe", "is not a regular file"),
        (tmp_path / "missing", "cannot be read: No such file"),
    ):
        with pytest.raises(BackupError, match=f"{path} {reported}"):
            open_to_read(path)
